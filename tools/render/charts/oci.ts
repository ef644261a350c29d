import { MEBIBYTE } from "../../../lib/bytes.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { downloadBlob } from "../../toolchain/images/download.ts";
import { endpointOf } from "../../toolchain/images/reference.ts";
import { RegistryClient } from "../../toolchain/images/registry-client.ts";
import type { OciChart } from "./reference.ts";
import { chooseVersion } from "./version.ts";

/** Source: ChartLayerMediaType in helm's pkg/registry. */
const CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/** The largest chart that is fetched, in bytes. */
export const MOST_CHART_BYTES = 20 * MEBIBYTE;

/**
 * Downloads a chart from an OCI registry into a file, and checks it against its digest. A mirror in EDGEFIRST_REGISTRY_MIRROR applies.
 * @returns the digest of the archive
 * @throws EdgefirstError if the registry cannot be reached or has no such chart
 */
export async function fetchOciChart(chart: OciChart, file: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { repository } = chart;
  if (!/^[^/]+\/[^:@]+$/.test(repository))
    throw new EdgefirstError(`oci://${repository} is not the address of a chart.`);
  const client = new RegistryClient(endpointOf(repository, undefined, env));
  const version =
    chart.digest ??
    (chart.range === undefined ? chart.tag : await newestTag(client, chart.range, repository));
  const { content } = await client.manifest(version ?? "latest");
  const layer = content.layers?.find(({ mediaType }) => mediaType === CHART_LAYER);
  if (layer === undefined) throw new EdgefirstError(`oci://${repository} is not a Helm chart.`);
  if (layer.size > MOST_CHART_BYTES)
    throw new EdgefirstError(`The chart oci://${repository} has ${layer.size} bytes, which is too many.`);
  await downloadBlob(client, layer, { file, received: () => undefined });
  return layer.digest;
}

/** A tag has an underscore where the version has a plus sign. */
async function newestTag(client: RegistryClient, range: string, repository: string): Promise<string> {
  const tags = await client.tags();
  const version = chooseVersion(
    tags.map((tag) => tag.replaceAll("_", "+")),
    range,
  );
  if (version === undefined)
    throw new EdgefirstError(`oci://${repository} has no version in the range ${range}.`);
  return version.replaceAll("+", "_");
}
