import { isatty } from "node:tty";

/** Whether stdout is a terminal with colours, and NO_COLOR is not set. CI variables are ignored, because a log shows no colours. */
export function wantsColour(): boolean {
  const { NO_COLOR, TERM } = process.env;
  return isatty(1) && (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb";
}
