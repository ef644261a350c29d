import { spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { launch } from "puppeteer-core";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { openServices } from "../sandbox/open.ts";
import { sandboxDown } from "../sandbox/sandbox.ts";
import { recording, type RecordedLine } from "./recording.ts";
import { executablesOnPath, givenExecutable } from "../toolchain/executable.ts";

// npm run screenshots: makes the pictures in docs/images (recordings of the tour and of `npm start -- --neighbours`, the output of `npm start`, and Gatus's page
// behind Traefik). Uses sandboxes that are deleted afterwards. Needs Chromium, either on PATH or named by the variable CHROMIUM.
// `npm run screenshots -- tour` or `-- neighbours` makes only that recording, and does not need Chromium.

const ROOT = join(import.meta.dirname, "../..");
const IMAGES = join(ROOT, "docs/images");
const HOST = "status.haynesedge.com";
const VIEWPORT = { width: 1000, height: 800 };

const [only] = process.argv.slice(2);
const chromium = only === undefined ? findChromium() : "";
const temporary = temporaryFolder("screenshots");
const dir = join(temporary, "sandbox");
// Copied at the end: a changed checkout would appear in the next picture.
const made = join(temporary, "images");
try {
  mkdirSync(made);
  if (only !== "neighbours") await recordingOf("tour", "npx edgefirst tour", ["tour", "--yes"]);
  if (only !== "tour")
    await recordingOf("neighbours", "npm start -- --neighbours", ["start", "--neighbours"]);
  if (only === undefined) {
    await pictureOfTerminal(await outputOf("start", "--dir", dir));
    await pictureOfGatus();
  }
  cpSync(made, IMAGES, { recursive: true });
} finally {
  await sandboxDown({ dir, deleteData: true, progress: () => undefined });
  rmSync(temporary, { recursive: true, force: true });
}

async function pictureOfTerminal(output: string): Promise<void> {
  // Shows the default folder instead of the temporary one.
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
  const local = ports.find(({ port }) => port === 80)?.local ?? 0;
  const rules = `--host-resolver-rules=MAP ${HOST}:80 127.0.0.1:${local}`;
  const [name, url] = ["gatus.png", `http://${HOST}/`];
  await picture({ name, url, args: [rules], selector: `::-p-text(whoami)` });
  close();
}

/** Records a command that starts a sandbox, which is deleted afterwards. */
async function recordingOf(name: string, shownAs: string, args: readonly string[]): Promise<void> {
  const folder = join(temporary, name);
  try {
    const lines = await linesOf(...args, "--dir", folder);
    const shown = lines.map(({ at, text }) => ({
      at,
      text: text
        .replaceAll(` --dir ${folder}`, "")
        .replaceAll(folder, name === "tour" ? ".tour" : ".sandbox"),
    }));
    writeFileSync(join(made, `${name}.svg`), recording([{ at: 0, text: `$ ${shownAs}` }, ...shown]));
    process.stdout.write(`docs/images/${name}.svg\n`);
  } finally {
    await sandboxDown({ dir: folder, deleteData: true, progress: () => undefined });
  }
}

/** The output of a command: stdout and stderr, in order. */
async function outputOf(...args: string[]): Promise<string> {
  return (await linesOf(...args)).map(({ text }) => text).join("\n");
}

/** The lines of a command's stdout and stderr, in order, with their times. */
function linesOf(...args: string[]): Promise<RecordedLine[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, "tools/cli/main.ts"), ...args], { cwd: ROOT });
    const start = Date.now();
    const lines: RecordedLine[] = [];
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on("line", (text) => lines.push({ at: Date.now() - start, text }));
    child.once("error", reject).once("close", (code) => {
      if (code === 0) resolve(lines);
      else
        reject(
          new Error(
            `edgefirst ${args.join(" ")} exited with ${code}:\n${lines.map(({ text }) => text).join("\n")}`,
          ),
        );
    });
  });
}

interface Picture {
  readonly name: string;
  readonly url: string;
  readonly args?: readonly string[];
  /** Selector of an element; the screenshot is taken once the element exists. */
  readonly selector: string;
}

async function picture({ name, url, args = [], selector }: Picture): Promise<void> {
  const browser = await launch({
    executablePath: chromium,
    // Chromium's sandbox does not work as root.
    args: [...args, ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
    defaultViewport: VIEWPORT,
  });
  try {
    const page = await browser.newPage();
    await page.goto(url, { waitUntil: "networkidle2" });
    await page.waitForSelector(selector);
    await page.screenshot({ path: join(made, name), fullPage: true });
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
    throw new Error("Chromium is not on PATH. Install it, or set CHROMIUM to its path.");
  return found;
}
