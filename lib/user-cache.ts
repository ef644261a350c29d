import { userInfo } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * The folder of this project in the user's cache: `$XDG_CACHE_HOME/edgefirst`, by default `~/.cache/edgefirst`. As the XDG base
 * directory specification has it, a relative path is ignored.
 */
export function userCache({ XDG_CACHE_HOME = "", HOME = "" }: NodeJS.ProcessEnv = process.env): string {
  if (isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, "edgefirst");
  const home = isAbsolute(HOME) ? HOME : userInfo().homedir;
  return join(home, ".cache", "edgefirst");
}
