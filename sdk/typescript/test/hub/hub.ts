import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";

const BINARY =
  process.env.MISSION_CONTROL_HUB ??
  fileURLToPath(new URL("../../../../target/debug/mission-control-hub", import.meta.url));

/** A real hub on a port and a directory of its own; it can be killed and started again. */
export class Hub {
  private child: ChildProcess | undefined;

  private constructor(
    readonly directory: string,
    readonly port: number,
    private readonly options: readonly string[],
  ) {}

  /** Starts one, with more command line options. */
  static async start(...options: string[]): Promise<Hub> {
    if (!existsSync(BINARY))
      throw new Error(`${BINARY} is not there: run \`cargo build -p mission-control-hub\``);
    const hub = new Hub(await mkdtemp(join(tmpdir(), "mc-hub-")), await freePort(), options);
    await hub.start();
    return hub;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  async token(role: "dashboard" | "operator"): Promise<string> {
    return (await readFile(join(this.directory, "tokens", `${role}.token`), "utf8")).trim();
  }

  async start(): Promise<void> {
    const child = spawn(
      BINARY,
      [
        ...["--listen", `127.0.0.1:${this.port}`, "--data", this.directory, "--heartbeat-ms", "1000"],
        ...this.options,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    this.child = child;
    let output = "";
    await new Promise<void>((resolve, reject) => {
      const listen = (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes("operator token:")) resolve();
      };
      child.stdout?.on("data", listen);
      child.stderr?.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
      child.on("exit", (code) => reject(new Error(`the hub ended with ${code}: ${output}`)));
    });
  }

  /** SIGKILL: no goodbye, nothing flushed. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    await new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill("SIGKILL");
    });
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A record of the hub's log. */
export interface LogRecord {
  seq: number;
  kind: string;
  dashboardId: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into bodies of all kinds
  body: any;
}

/** An operator: follows the log and asks for things. */
export class Operator {
  readonly records: LogRecord[] = [];
  private readonly replies = new Map<number, (outcome: { ok?: never; error?: never }) => void>();
  private requests = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.on("message", (data) => {
      const message = JSON.parse(String(data));
      if (message.type === "RECORDS") this.records.push(...message.records);
      else if (message.type === "REPLY") this.replies.get(message.requestId)?.(message.outcome);
    });
  }

  static async connect(hub: Hub): Promise<Operator> {
    const socket = new WebSocket(`${hub.url}/v1/operator`);
    const operator = new Operator(socket);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    socket.send(JSON.stringify({ type: "HELLO", token: await hub.token("operator"), operator: "tester" }));
    return operator;
  }

  // biome-ignore lint/suspicious/noExplicitAny: replies of all kinds
  async request(request: object): Promise<any> {
    const requestId = ++this.requests;
    const outcome = await new Promise<{ ok?: unknown; error?: { code: string; message: string } }>(
      (resolve) => {
        this.replies.set(requestId, resolve as never);
        this.socket.send(JSON.stringify({ type: "REQUEST", requestId, request }));
      },
    );
    if (outcome.error) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
    return outcome.ok;
  }

  of(dashboardId: string, kind: string): LogRecord[] {
    return this.records.filter((record) => record.dashboardId === dashboardId && record.kind === kind);
  }

  close(): void {
    this.socket.close();
  }
}

/** Waits until `read` returns something, and returns it. */
export async function eventually<T>(
  what: string,
  read: () => T | undefined | false | null,
  limitMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = read();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited ${limitMs / 1000} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || !address) throw new Error("no port");
  return address.port;
}
