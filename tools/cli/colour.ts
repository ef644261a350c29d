import { isatty } from "node:tty";

/** Whether the output goes to a terminal that wants colours. CI variables do not count: nobody sees colours in a log. */
export function wantsColour(): boolean {
  const { NO_COLOR, TERM } = process.env;
  return isatty(1) && (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb";
}
