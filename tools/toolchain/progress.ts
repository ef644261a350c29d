import { stripVTControlCharacters } from "node:util";

/**
 * How a progress line is shown. `line`: stays. `step`: on a terminal, the next line replaces it; in a log, it stays. `tick`: like `step`, but a log gets at
 * most one per minute.
 */
export type ProgressStyle = "line" | "step" | "tick";

/** Receives progress lines. */
export type Progress = (line: string, style?: ProgressStyle) => void;

const LOG_TICK_MS = 60_000;

/** Where progress is written: a terminal, or a log. */
export type ProgressStream = Pick<NodeJS.WriteStream, "write"> & {
  readonly isTTY?: boolean;
  readonly columns?: number;
};

/** Writes progress to a stream: on a terminal, steps and ticks share one line. */
export function progressTo(stream: ProgressStream, now: () => number = Date.now): Progress {
  return stream.isTTY === true ? onTerminal(stream) : inLog(stream, now);
}

function onTerminal(stream: ProgressStream): Progress {
  let hasUpdate = false;
  return (line, style = "line") => {
    const start = hasUpdate ? "\r\u001B[2K" : "";
    hasUpdate = style !== "line";
    // A line that wraps cannot be replaced.
    const text = hasUpdate
      ? stripVTControlCharacters(line).slice(0, (stream.columns ?? 80) - 1)
      : `${line}\n`;
    stream.write(start + text);
  };
}

function inLog(stream: ProgressStream, now: () => number): Progress {
  let last = 0;
  return (line, style = "line") => {
    if (style === "tick" && now() - last < LOG_TICK_MS) return;
    last = now();
    stream.write(`${line}\n`);
  };
}
