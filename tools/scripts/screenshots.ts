import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "puppeteer-core";
import { openServices } from "../sandbox/open.ts";
import { sandboxDown } from "../sandbox/sandbox.ts";
import { executablesOnPath, givenExecutable } from "../toolchain/executable.ts";

// npm run screenshots: the pictures in docs/images, from a sandbox that is deleted afterwards: the output of `npm start`, and the page of
// Gatus through its Traefik. Needs Chromium: the variable CHROMIUM, or a program on PATH.

const ROOT = join(import.meta.dirname, "../..");
const IMAGES = join(import.meta.dirname, "../../docs/images");
const HOST = "status.haynesedge.com";
const VIEWPORT = { width: 1000, height: 800 };

const chromium = findChromium();
const temporary = mkdtempSync(join(tmpdir(), "edgefirst-screenshots-"));
const dir = join(temporary, "sandbox");
try {
  mkdirSync(IMAGES, { recursive: true });
  await pictureOfTerminal(await outputOf("start", "--dir", dir));
  await pictureOfGatus();
} finally {
  await sandboxDown({ dir, deleteData: true, progress: () => undefined });
  rmSync(temporary, { recursive: true, force: true });
}

async function pictureOfTerminal(output: string): Promise<void> {
  // Show the default folder instead of the temporary one.
  const text = output.replaceAll(` --dir ${dir}`, "").replaceAll(dir, ".sandbox").trimEnd();
  const lines = ["$ npm start", ...text.split("\n")];
  const escaped = lines.join("\n").replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const page = join(temporary, "terminal.html");
  const style = `margin:0;padding:16px;background:#14171c;color:#d8dee9;font:14px/19px monospace;white-space:pre-wrap`;
  writeFileSync(page, `<!doctype html><meta charset="utf-8"><pre style="${style}">${escaped}</pre>`);
  await picture({ name: "start.png", url: `file://${page}`, selector: "pre" });
}

async function pictureOfGatus(): Promise<void> {
  const gateway = "network/traefik-gateway-external";
  const { ports, close } = await openServices({ dir, cluster: "edge", services: [gateway] });
  const local = ports.find(({ port }) => port === 443)?.local ?? 0;
  const rules = `--host-resolver-rules=MAP ${HOST}:443 127.0.0.1:${local}`;
  const [name, url] = ["gatus.png", `https://${HOST}/`];
  await picture({ name, url, args: [rules], selector: `::-p-text(whoami)` });
  close();
}

/** The output of a command: stdout and stderr, in order. */
function outputOf(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, "tools/cli/main.ts"), ...args], { cwd: ROOT });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    child.once("error", reject).once("exit", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`npm start exited with ${code}:\n${output}`));
    });
  });
}

interface Picture {
  readonly name: string;
  readonly url: string;
  readonly args?: readonly string[];
  /** Selects an element; the picture is taken once it exists. */
  readonly selector: string;
}

async function picture({ name, url, args = [], selector }: Picture): Promise<void> {
  const browser = await launch({
    executablePath: chromium,
    // Chromium's own sandbox does not work for root.
    args: [...args, ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
    defaultViewport: VIEWPORT,
    // The sandbox signs its certificates itself.
    acceptInsecureCerts: true,
  });
  try {
    const page = await browser.newPage();
    await page.goto(url, { waitUntil: "networkidle2" });
    await page.waitForSelector(selector);
    await page.screenshot({ path: join(IMAGES, name), fullPage: true });
  } finally {
    await browser.close();
  }
  process.stdout.write(`docs/images/${name}\n`);
}

function findChromium(): string {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const found =
    givenExecutable("Chromium", "CHROMIUM", process.env) ??
    names.flatMap((name) => executablesOnPath(name, process.env))[0];
  if (found === undefined)
    throw new Error("There is no Chromium on PATH. Install one, or set CHROMIUM to its path.");
  return found;
}
