import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const sdk = fileURLToPath(new URL("..", import.meta.url));
const modules = join(sdk, "node_modules");
export const repository = join(sdk, "../..");

/** Every page with code for dashboards, by its path in the repository. */
export const PAGES = {
  readme: "sdk/typescript/README.md",
  typescript: "docs/quick-start/typescript.md",
  react: "docs/quick-start/react.md",
  node: "docs/quick-start/node.md",
  websocket: "docs/quick-start/websocket.md",
  rust: "docs/quick-start/rust.md",
  rustReadme: "crates/client/README.md",
  recipe: "docs/connect-an-existing-dashboard.md",
} as const;

/** A block of code on a page. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** The file in the repository that it shows. */
  readonly from?: string;
}

const BLOCK = /(?:<!-- from (\S+) -->\n)?```(\w+)[^\n]*\n(.*?)```/gs;

/** The blocks of code of a page, in order. */
export async function blocks(page: string): Promise<Block[]> {
  const text = await readFile(join(repository, page), "utf8");
  return [...text.matchAll(BLOCK)].map(([, from, language = "", code = ""]) => ({
    from,
    language,
    text: code,
  }));
}

/** The page's blocks in one of `languages`, as someone pastes them: one below the other. */
export async function pasted(page: string, ...languages: string[]): Promise<string> {
  const found = (await blocks(page)).filter(({ language }) => languages.includes(language));
  if (found.length === 0) throw new Error(`${page} shows nothing in ${languages.join(" or ")}`);
  return found.map(({ text }) => text).join("\n");
}

/** A page, with each block that shows a file of the repository as that file is now. */
export async function refreshed(page: string): Promise<string> {
  const text = await readFile(join(repository, page), "utf8");
  const files = new Map<string, string>();
  for (const { from } of await blocks(page)) {
    if (from) files.set(from, withValues(await readFile(join(repository, from), "utf8")));
  }
  return text.replace(BLOCK, (block, from, language) =>
    from ? `<!-- from ${from} -->\n\`\`\`${language}\n${files.get(from)}\`\`\`` : block,
  );
}

/** A snippet with the values of the pages in the place of its placeholders; the token stays one. */
function withValues(snippet: string): string {
  return snippet.replaceAll("WS_ADDRESS", "ws://127.0.0.1:7420").replaceAll("DASHBOARD_ID", "energy-01");
}

/** Someone's project, outside of the repository, in which the package is installed as it is published. */
export class Project {
  private constructor(readonly directory: string) {}

  static async create(): Promise<Project> {
    const directory = await mkdtemp(join(tmpdir(), "mc-project-"));
    const installed = join(directory, "node_modules");
    await mkdir(join(installed, "@mission-control/sdk"), { recursive: true });
    // The rest of what the pages install, as the SDK's own tests have it.
    for (const name of ["@noble", "@types", "react", "react-dom", "redux", "vite", "ws", "zustand"])
      await symlink(join(modules, name), join(installed, name));
    const options = { cwd: sdk, encoding: "utf8" } as const;
    const [packed] = JSON.parse(
      execFileSync("npm", ["pack", "--silent", "--json", "--pack-destination", directory], options),
    );
    const archive = join(directory, packed.filename);
    const into = join(installed, "@mission-control/sdk");
    execFileSync("tar", ["--extract", "--strip-components=1", "--file", archive, "--directory", into]);
    return new Project(directory);
  }

  /** Writes a file of the project and returns its path. */
  async write(name: string, text: string): Promise<string> {
    const path = join(this.directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  }

  /** What the TypeScript compiler says of the files in `folder`; nothing when all is well. */
  typeErrors(folder: string): string {
    const compilerOptions = {
      target: "es2022",
      lib: ["es2023", "dom"],
      module: "esnext",
      moduleResolution: "bundler",
      jsx: "react-jsx",
      strict: true,
      noEmit: true,
      types: ["react", "vite/client"],
    };
    const configuration = JSON.stringify({ compilerOptions, include: ["**/*.ts", "**/*.tsx"] });
    const file = join(this.directory, folder, "tsconfig.json");
    const tsc = join(modules, "typescript/bin/tsc");
    writeFileSync(file, configuration);
    try {
      execFileSync(process.execPath, [tsc, "--project", file], { encoding: "utf8" });
      return "";
    } catch (error) {
      return String((error as { stdout?: string }).stdout || error);
    }
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** The files of the recipe's app once every step was followed, by path. */
export async function recipeFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const { language, text } of await blocks(PAGES.recipe)) {
    const [, name, rest = ""] = /^\/\/ (src\/\S+)\n(.*)$/s.exec(text) ?? [];
    if (!name) continue;
    if (language === "diff") files.set(name, patched(name, files.get(name) ?? "", rest));
    else files.set(name, `${files.get(name) ?? ""}${rest}`);
  }
  return files;
}

/** Makes the change that a diff without line numbers shows. */
function patched(name: string, text: string, diff: string): string {
  const side = (mark: "+" | "-") =>
    diff
      .split("\n")
      .filter((line) => line.startsWith(" ") || line.startsWith(mark))
      .map((line) => `${line.slice(1)}\n`)
      .join("");
  const [before, after] = [side("-"), side("+")];
  if (text.split(before).length !== 2) throw new Error(`${name} does not have this once:\n${before}`);
  return text.replace(before, () => after);
}
