import { searchedText } from "../../../gitops/yaml/file-text.ts";
import { isYamlFile } from "../../../gitops/yaml/paths.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { commandFiles, textFiles, uncommentedLines } from "../../text-files.ts";
import type { Note } from "../../step.ts";

/** A kind in quotes, as in `kind == "Ingress"`, but not as a direction of a NetworkPolicy. */
const COMPARES = /^(?!.*(?:policyTypes|Egress)).*["'`](?:Ingress|IngressRoute)["'`]/;
/** A command for Ingresses, such as `kubectl get ingress -A`. */
const ASKS = /\bkubectl\b[^|;&\n]*\s(?:\w+,)*(?:ing|ingress(?:es|routes?)?)(?:[.,/]\S*)?(?=$|[\s"'`)])/;

/** Where scripts and workflows read the objects that the step replaces, and commands in manifests, such as those of a CronJob. */
export function readersOfIngresses(repository: Repository): readonly Note[] {
  const programs = new Set(commandFiles(repository));
  return textFiles(repository).flatMap((file) => {
    const isProgram = programs.has(file);
    if (!isProgram && !isYamlFile(file)) return [];
    const text = searchedText(repository, file);
    if (!/ing/i.test(text)) return [];
    return uncommentedLines(text)
      .filter(({ line }) => ASKS.test(line) || (isProgram && COMPARES.test(line)))
      .map(({ number }): Note => ({
        kind: "runbook",
        message:
          "this line reads Ingresses, and those that move are HTTPRoutes: adapt it in the same commit, or it misses their hosts",
        position: { file, line: number, column: 1 },
      }));
  });
}
