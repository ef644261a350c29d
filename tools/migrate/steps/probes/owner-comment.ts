import type { Path } from "../../../../policy/engine/path.ts";
import type { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";

/** Comments for tools, which give no reason. */
const DIRECTIVE =
  /^#+\s*(?:yaml-language-server|yamllint|prettier-ignore|renovate|checkov|trivy|kics|nosemgrep|noqa|edgefirst)\b/i;
/** Names probes, or what they do to an app that starts slowly. */
const ABOUT_PROBES = /probe|liveness|readiness|health[- ]?check|restart|\bkill|\bslow|\bmigrat/i;

/** The comments that may say why a container lacks probes: those in and above its `probes`, and any in the container about probes or restarts. */
export function commentsOnProbes(edit: YamlEdit, document: number, container: Path): readonly string[] {
  const own = edit.commentsOf(document, [...container, "probes"]);
  const others = edit.commentsOf(document, container).filter((comment) => ABOUT_PROBES.test(comment));
  return [...new Set([...own, ...others])].filter((comment) => !DIRECTIVE.test(comment));
}
