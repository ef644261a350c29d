import assert from "node:assert/strict";
import { schemaNotes, withSchemaComments } from "../../../tools/migrate/schema-comments.ts";
import { repositoryOf } from "../../support/rendering.ts";

const comment = (url: string): string =>
  `# yaml-language-server: $schema=https://schemas.example.com/${url}\n`;
const HELM_RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: web\n";
const OCI = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata:\n  name: web\n";
const ROUTE = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: web\n";
const INGRESS = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n";

const written = (files: Readonly<Record<string, string>>, path: string, text: string): string =>
  withSchemaComments([{ path, text }], repositoryOf(files))[0]?.text ?? "";

describe("migrate: schema comments", () => {
  const neighbour = `---\n${comment("helm.toolkit.fluxcd.io/helmrelease_v2.json")}${HELM_RELEASE}`;

  it("of new documents name the file for their kind where their neighbours name theirs", () => {
    const files = { "app/release.yaml": neighbour };
    assert.equal(
      written(files, "app/oci.yaml", `---\n${OCI}`),
      `---\n${comment("source.toolkit.fluxcd.io/ocirepository_v1.json")}${OCI}`,
    );
    assert.equal(
      written(files, "app/release.yaml", `${neighbour}---\n${OCI}`),
      `${neighbour}---\n${comment("source.toolkit.fluxcd.io/ocirepository_v1.json")}${OCI}`,
    );
  });

  it("are those that the repository uses for the kind, the most frequent first", () => {
    const other = (name: string, url: string): string => comment(url) + OCI.replace("web", name);
    const files = {
      "app/release.yaml": neighbour,
      "a/oci.yaml": other("a", "rare.json"),
      "b/oci.yaml": other("b", "usual.json"),
      "c/oci.yaml": other("c", "usual.json"),
    };
    assert.equal(written(files, "app/oci.yaml", OCI), comment("usual.json") + OCI);
  });

  it("are taken from the directories next to a directory without any", () => {
    const files = { "repos/helm/release.yaml": neighbour, "repos/oci/kustomization.yaml": "resources: []\n" };
    assert.match(written(files, "repos/oci/web.yaml", OCI), /^# yaml-language-server.*ocirepository_v1/);
  });

  it("replace those of the documents that they replace", () => {
    const before = `---\n${comment("ingress.json")}# the shop\n${INGRESS}`;
    const files = {
      "app/web.yaml": before,
      "app/route.yaml": comment("route.json") + ROUTE.replace("web", "a"),
    };
    assert.equal(
      written(files, "app/web.yaml", `---\n${comment("ingress.json")}# the shop\n${ROUTE}`),
      `---\n${comment("route.json")}# the shop\n${ROUTE}`,
    );
  });

  it("are on the site that most documents of the repository use, where the neighbours use none", () => {
    const site = `${comment("helm.toolkit.fluxcd.io/helmrelease_v2.json")}${HELM_RELEASE}`;
    const files = { "app/web.yaml": comment("ingress.json") + INGRESS, "a/a.yaml": site, "b/b.yaml": site };
    assert.equal(
      written(files, "app/web.yaml", ROUTE),
      comment("gateway.networking.k8s.io/httproute_v1.json") + ROUTE,
    );
  });

  it("that go with the document that they describe are named, if none is known for what replaces it", () => {
    const before = `---\n${HELM_RELEASE}---\n# of the shop\n${comment("ingress.json")}${INGRESS}`;
    const repository = repositoryOf({ "web.yaml": before });
    const notes = (text: string): readonly (readonly [number | undefined, string])[] =>
      schemaNotes([{ path: "web.yaml", text }], repository).map(({ message, position }) => [
        position?.line,
        message,
      ]);
    const [[line, message] = [undefined, ""]] = notes(`---\n${HELM_RELEASE}---\n# of the shop\n${ROUTE}`);
    assert.equal(line, 8);
    assert.match(message, /schema of Ingress web .*none for HTTPRoute: .*ingress\.json/);
    assert.deepEqual(notes(`---\n${HELM_RELEASE}`), []);
    assert.deepEqual(notes(before.replace("ingress.json", "other.json")), []);
    assert.deepEqual(notes(`---\n${HELM_RELEASE}---\n${comment("route.json")}${ROUTE}`), []);
  });

  it("are not added where the neighbours have none, where no schema is known, or to what was there before", () => {
    const plain = { "app/release.yaml": HELM_RELEASE, "other/release.yaml": neighbour };
    assert.equal(written(plain, "app/oci.yaml", OCI), OCI);
    const known = { "app/release.yaml": neighbour };
    const namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n";
    assert.equal(written(known, "app/namespace.yaml", namespace), namespace);
    const changed = `${HELM_RELEASE}spec: {}\n`;
    assert.equal(written({ ...known, "app/a.yaml": HELM_RELEASE }, "app/a.yaml", changed), changed);
  });

  it("never name another version than the document's", () => {
    const other = comment("ocirepository_v1beta2.json") + OCI.replace("web", "a");
    assert.equal(written({ "app/oci.yaml": other }, "app/web.yaml", OCI), OCI);
    const usual = comment("ocirepository-source-v1beta2.json") + OCI;
    const rare = comment("ocirepository-source-v1.json") + OCI;
    const files = { "app/a.yaml": usual, "b.yaml": usual, "c.yaml": rare };
    assert.equal(written(files, "app/web.yaml", OCI), comment("ocirepository-source-v1.json") + OCI);
    assert.match(
      written({ "app/oci.yaml": other, "app/release.yaml": neighbour }, "app/web.yaml", OCI),
      /source\.toolkit\.fluxcd\.io\/ocirepository_v1\.json\n/,
    );
  });

  it("keep the line endings of the file", () => {
    const text = OCI.replaceAll("\n", "\r\n");
    assert.match(written({ "app/release.yaml": neighbour }, "app/oci.yaml", text), /_v1\.json\r\napiVersion/);
  });
});
