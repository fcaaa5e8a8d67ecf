import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { QueuedMessage, SessionRecord } from "../queue/message.js";
import type { QueueChange, QueueStorage, StoredQueue } from "../queue/storage.js";

/** Settings of a {@link FileQueueStorage}. */
export interface FileQueueOptions {
  /** Where the files go; made if it is not there. Give each program a directory of its own. */
  readonly directory: string;
  /** The file is written anew when it is larger than this and mostly of no use any more, in bytes; 8 MiB if not said. */
  readonly compactAboveBytes?: number;
}

/** Each time costs three fsyncs, and publishing waits meanwhile: seldom is better than small. */
const COMPACT_ABOVE_BYTES = 8 * 1024 * 1024;
/** How much larger than what it holds the file may be. */
const SLACK = 4;
const DIGEST_LENGTH = 16;

/** Directories in use by this process. */
const inUse = new Set<string>();

/**
 * Keeps the queue in a file of changes, one line each, with fsync: it survives the end of the process, a kill and a loss
 * of power. A line that was cut short by a crash is dropped; a file that is damaged elsewhere is set aside under another
 * name, and what could be read of it is kept.
 */
export class FileQueueStorage implements QueueStorage {
  readonly durable = true;
  private readonly messages = new Map<string, QueuedMessage>();
  private session: SessionRecord | undefined;
  private file: FileHandle | undefined;
  private path = "";
  private lockPath = "";
  private size = 0;
  private liveSize = 0;
  /** After a failed write the file may end in half a line: it is written anew before the next change. */
  private torn = false;

  constructor(private readonly options: FileQueueOptions) {}

  async open(dashboardId: string): Promise<StoredQueue> {
    const { directory } = this.options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // An id may hold a colon, which not every file system takes.
    const name = encodeURIComponent(dashboardId).replaceAll("%", "=");
    this.path = join(directory, `${name}.queue`);
    this.lockPath = `${this.path}.lock`;
    await this.lock();
    try {
      await this.load();
      await this.compact();
    } catch (error) {
      await this.close();
      throw error;
    }
    return { session: this.session, messages: [...this.messages.values()] };
  }

  async commit(change: QueueChange): Promise<void> {
    if (!this.file) throw new Error("the queue's file is closed");
    if (this.torn) await this.compact();
    const text = line(change);
    this.torn = true;
    await this.file.appendFile(text);
    await this.file.datasync();
    this.torn = false;
    this.size += Buffer.byteLength(text);
    this.apply(change);
    const limit = this.options.compactAboveBytes ?? COMPACT_ABOVE_BYTES;
    if (this.size > limit && this.size > this.liveSize * SLACK) await this.compact();
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
    if (inUse.delete(this.lockPath)) await rm(this.lockPath, { force: true });
  }

  private apply({ session, put, remove }: QueueChange): void {
    this.session = session ?? this.session;
    for (const message of put) {
      this.liveSize += message.body.length - (this.messages.get(message.key)?.body.length ?? 0);
      this.messages.set(message.key, message);
    }
    for (const key of remove) {
      this.liveSize -= this.messages.get(key)?.body.length ?? 0;
      this.messages.delete(key);
    }
  }

  private async load(): Promise<void> {
    this.messages.clear();
    this.session = undefined;
    this.liveSize = 0;
    const text = await readFile(this.path, "utf8").catch((error) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    const lines = text.split("\n");
    // What follows the last line break was cut short by a crash.
    lines.pop();
    let damaged = false;
    for (const each of lines) {
      const change = parse(each);
      if (change) this.apply(change);
      else damaged = true;
    }
    if (damaged) await rename(this.path, `${this.path}.damaged-${Date.now()}`);
  }

  /** Writes what the queue holds into a new file, which then takes the place of the old one. */
  private async compact(): Promise<void> {
    const fresh = `${this.path}.new`;
    const text = line({ session: this.session, put: [...this.messages.values()], remove: [] });
    const file = await open(fresh, "w", 0o600);
    try {
      await file.appendFile(text);
      await file.sync();
      await rename(fresh, this.path);
      await syncDirectory(this.options.directory);
    } catch (error) {
      await file.close();
      throw error;
    }
    const previous = this.file;
    this.file = file;
    this.size = Buffer.byteLength(text);
    this.torn = false;
    await previous?.close();
  }

  private async lock(): Promise<void> {
    const taken = (by: string) =>
      new Error(`${this.path} is in use by ${by}: give each program a \`directory\` of its own`);
    if (inUse.has(this.lockPath)) throw taken("another service of this process");
    for (let attempt = 0; ; attempt++) {
      try {
        await writeFile(this.lockPath, String(process.pid), { flag: "wx", mode: 0o600 });
        inUse.add(this.lockPath);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 0) throw error;
      }
      const holder = Number(await readFile(this.lockPath, "utf8").catch(() => ""));
      // Left behind by a process that was killed.
      if (holder !== process.pid && isAlive(holder)) throw taken(`process ${holder}`);
      await rm(this.lockPath, { force: true });
    }
  }
}

/** A change as a line: the beginning of its digest, and JSON. */
function line(change: QueueChange): string {
  const json = JSON.stringify(change);
  return `${digest(json)} ${json}\n`;
}

function parse(text: string): QueueChange | undefined {
  const json = text.slice(DIGEST_LENGTH + 1);
  return text.startsWith(`${digest(json)} `) ? JSON.parse(json) : undefined;
}

function digest(json: string): string {
  return createHash("sha256").update(json).digest("hex").slice(0, DIGEST_LENGTH);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Makes a rename durable. Not every platform lets a directory be opened; there it is durable anyway. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => undefined);
  await directory?.sync().catch(() => {});
  await directory?.close();
}
