import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { parse } from "yaml";
import { TemplateError } from "../../../tools/gitops/go-template/error.ts";
import { parseTemplate } from "../../../tools/gitops/go-template/parse.ts";
import { runTemplate } from "../../../tools/gitops/go-template/run.ts";
import { helm, repositoryOf } from "../../support/rendering.ts";

const INPUTS = {
  tenant: "team-a",
  size: 3,
  ratio: 0.25,
  big: 1200000,
  on: true,
  off: false,
  none: "",
  empty: [],
  apps: [{ name: "web", port: 8080, labels: { a: "1", b: "x y" } }, { name: "db" }],
  names: ["one", "two"],
  map: { b: 2, a: 1 },
};

/** Each of them in the delimiters and with the inputs of a chart, so that Helm can run it, too. */
const TEMPLATES = [
  "plain text",
  "name: {{ inputs.tenant }}-x",
  "{{ inputs.size }} {{ inputs.ratio }} {{ inputs.big }} {{ inputs.on }} {{ inputs.names }} {{ inputs.map }}",
  "a  {{- inputs.tenant -}}  b {{/* a comment */}} c\n{{- /* another */ -}}\n d",
  "{{ range inputs.names }}[{{ . }}]{{ end }}",
  "{{ range $app := inputs.apps }}\n- {{ $app.name }}{{ end }}",
  "{{ range $i, $name := inputs.names }}{{ $i }}={{ $name }} {{ end }}",
  "{{ range $key, $value := inputs.map }}{{ $key }}{{ $value }}{{ end }}",
  "{{ range inputs.empty }}x{{ else }}empty{{ end }}",
  "{{ if inputs.on }}on{{ else }}off{{ end }}{{ if inputs.off }}on{{ else }}off{{ end }}",
  '{{ if eq inputs.tenant "x" }}1{{ else if eq inputs.size 3.0 }}2{{ else }}3{{ end }}',
  "{{ with inputs.map }}{{ .a }}{{ end }}{{ with inputs.none }}x{{ else }}none{{ end }}",
  "{{ with $m := inputs.map }}{{ $m.b }}{{ end }}",
  "{{ $x := 1 }}{{ if inputs.on }}{{ $x = 2 }}{{ end }}{{ $x }}",
  "{{ $x := 1 }}{{ if inputs.on }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}",
  '{{ inputs.tenant | upper | quote }} {{ inputs.tenant | replace "team" "group" | squote }}',
  '{{ printf "%s-%s" inputs.tenant (get (index inputs.apps 1) "port" | default "none") }} {{ printf "%d%% %v %q" (int inputs.size) inputs.on inputs.tenant }}',
  '{{ (index inputs.apps 0).labels | toJson | nindent 2 }}\n{{ index inputs.apps 0 "labels" "b" }}',
  "{{ range inputs.apps }}{{ .name }}{{ . | len }}{{ end }}",
  '{{ hasPrefix "team" inputs.tenant }} {{ hasSuffix "-b" inputs.tenant }} {{ contains "am-" inputs.tenant }}',
  '{{ trimPrefix "team-" inputs.tenant }} {{ trimSuffix "-a" inputs.tenant }} {{ trim "  x " }}',
  '{{ join "," inputs.names }} {{ splitList "-" inputs.tenant | last }} {{ first inputs.names }} {{ has "two" inputs.names }}',
  "{{ and inputs.on inputs.tenant }} {{ or inputs.none inputs.tenant }} {{ not inputs.off }} {{ and inputs.off 1 }}",
  '{{ ne inputs.tenant "x" }} {{ lt inputs.size 4.0 }} {{ ge inputs.size 3.0 }} {{ gt inputs.size 3.0 }} {{ le inputs.size 2.0 }}',
  "{{ len inputs.names }} {{ add 1 2 (int inputs.size) }} {{ sub 5 inputs.size }} {{ mul 2 inputs.size }}",
  '{{ coalesce inputs.none inputs.tenant }} {{ ternary "y" "n" inputs.on }} {{ empty inputs.none }}',
  '{{ hasKey inputs.map "a" }} {{ (dict "k" (list 1 2)).k }} {{ toJson inputs.map }}',
  '{{ dig "labels" "b" "none" (index inputs.apps 0) }} {{ dig "labels" "c" "none" (index inputs.apps 0) }}',
  '{{ append inputs.names "three" }} {{ concat inputs.names (list 1) }} {{ until 3 }}',
  "{{ inputs.tenant | b64enc }} {{ inputs.tenant | b64enc | b64dec }} {{ print inputs.tenant 1 }}",
  '{{ indent 2 "a\\nb" }} {{ `raw {{ text }}` }} {{ toString inputs.size }}',
];

const render = (template: string): string =>
  runTemplate(parseTemplate(template, ["{{", "}}"]), { inputs: INPUTS });

describe("a template of Go", () => {
  it("writes what Helm writes", async function () {
    this.timeout(0);
    const { path } = await helm();
    const { root } = repositoryOf({
      "Chart.yaml": "apiVersion: v2\nname: templates\nversion: 1.0.0\n",
      "templates/all.yaml":
        "results: {{ $all := list }}{{ range .Values.templates }}{{ $all = append $all (tpl . $) }}{{ end }}{{ toJson $all }}\n",
    });
    const templates = TEMPLATES.map((text) => text.replaceAll("inputs.", "$.Values.inputs."));
    const values = JSON.stringify({ inputs: INPUTS, templates });
    const output = execFileSync(path, ["template", "all", root, "--values", "-"], { input: values });
    const { results } = parse(output.toString()) as { readonly results: readonly string[] };
    for (const [index, template] of TEMPLATES.entries())
      assert.equal(render(template), results[index], template);
  });

  it("writes YAML with a final newline, as the Flux Operator does and Helm does not", () => {
    assert.equal(render("{{ inputs.map | toYaml | nindent 2 }}"), "\n  b: 2\n  a: 1\n  ");
  });

  it("fails for a key that is absent, and for what Go rejects", () => {
    for (const template of [
      "{{ inputs.absent }}",
      "{{ inputs.tenant.x }}",
      "{{ $x }}",
      "{{ if inputs.on }}",
      "{{ end }}",
      "{{ inputs.tenant",
      "{{ }}",
      "{{ | quote }}",
      "{{ inputs.tenant 1 }}",
      "{{ index inputs.names 5 }}",
      '{{ eq inputs.size "3" }}',
      "{{ range inputs.on }}{{ end }}",
    ])
      assert.throws(() => render(template), TemplateError, template);
  });

  it("names what is not supported", () => {
    for (const [template, construct] of [
      ["{{ now }}", "the function now"],
      ['{{ define "x" }}{{ end }}', "the action define"],
      ['{{ printf "%5.2f" 1.0 }}', "%5 in printf"],
      ["{{ int inputs.big }}", "an integer of a million or more"],
      ["{{ until 100000000 }}", "a count of 100000000"],
      [`${"{{ range until 1000 }}".repeat(4)}x${"{{ end }}".repeat(4)}`, "a template that takes so long"],
    ] as const)
      assert.throws(
        () => render(template),
        (error: TemplateError) => error.construct === construct,
        template,
      );
  });
});
