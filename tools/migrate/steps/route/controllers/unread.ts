import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { searchedText } from "../../../../gitops/yaml/file-text.ts";
import type { Repository } from "../../../../gitops/yaml/repository.ts";
import { controllerOf } from "./classes.ts";
import { CONTROLLERS } from "./registry.ts";
import { controllerSources } from "./services.ts";

/** Why the settings of a class's controller are not known: the repository may have them in a file that cannot be read. */
export function whyUnreadSettings(
  ingressClass: string,
  cluster: BuiltCluster | undefined,
  repository: Repository,
): string | undefined {
  const broken = cluster?.problems.filter(({ kind }) => kind === "syntax") ?? [];
  if (broken.length === 0 || controllerSources(ingressClass, cluster).length > 0) return undefined;
  const known = controllerOf(ingressClass, cluster);
  const charts = (known ? [known] : CONTROLLERS).map(({ name }) => name.toLowerCase());
  const hidden = broken.find(({ position: { file } }) =>
    charts.some((chart) => searchedText(repository, file).includes(chart)),
  );
  if (hidden === undefined) return undefined;
  const { file, line } = hidden.position;
  return `${file}:${line} cannot be read (${hidden.message}) and may configure the controller of class ${ingressClass}, so what it enforces is not known: fix the file first`;
}
