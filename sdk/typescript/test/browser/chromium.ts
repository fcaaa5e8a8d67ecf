import { existsSync } from "node:fs";

/** Where Chromium is. */
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

if (!existsSync(CHROMIUM))
  throw new Error(`${CHROMIUM} is not there: install chromium, or name it in CHROMIUM`);
