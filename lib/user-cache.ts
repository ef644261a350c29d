import { userInfo } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * This project's folder in the user's cache: `$XDG_CACHE_HOME/edgefirst`, by default `~/.cache/edgefirst`. A relative path is ignored,
 * as the XDG base directory specification requires.
 */
export function userCache({ XDG_CACHE_HOME = "", HOME = "" }: NodeJS.ProcessEnv = process.env): string {
  if (isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, "edgefirst");
  const home = isAbsolute(HOME) ? HOME : userInfo().homedir;
  return join(home, ".cache", "edgefirst");
}
