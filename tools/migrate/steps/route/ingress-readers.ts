import { searchedText } from "../../../gitops/yaml/file-text.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { commandFiles, uncommentedLines } from "../../text-files.ts";
import type { Note } from "../../step.ts";

/** A kind in quotes, as in `kind == "Ingress"`, but not as a direction of a NetworkPolicy. */
const COMPARES = /^(?!.*(?:policyTypes|Egress)).*["'`](?:Ingress|IngressRoute)["'`]/;
/** A command for Ingresses, such as `kubectl get ingress -A`. */
const ASKS = /\bkubectl\b[^|;&\n]*\s(?:\w+,)*(?:ing|ingress(?:es|routes?)?)(?:[.,/]\S*)?(?=$|[\s"'`)])/;

/** Where scripts and workflows read the objects that the step replaces. */
export const readersOfIngresses = (repository: Repository): readonly Note[] =>
  commandFiles(repository).flatMap((file) => {
    const text = searchedText(repository, file);
    if (!/ing/i.test(text)) return [];
    return uncommentedLines(text)
      .filter(({ line }) => COMPARES.test(line) || ASKS.test(line))
      .map(({ number }): Note => ({
        kind: "runbook",
        message:
          "this line reads Ingresses, and those that move are HTTPRoutes: adapt it in the same commit, or it misses their hosts",
        position: { file, line: number, column: 1 },
      }));
  });
