import assert from "node:assert/strict";
import { probes } from "../../../../tools/migrate/steps/probes/step.ts";
import { kustomization, messages, resultOf, written, type Files } from "../planning.ts";

const STARTUP = `
              startup:
                enabled: true
                type: TCP
                spec: { failureThreshold: 60, periodSeconds: 5 }`;

/** A release of app-template; `container` follows the image of its only container. */
const release = (container: string, above = ""): Files => ({
  "flux/apps.yaml": kustomization("apps", "./apps"),
  "apps/release.yaml": `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: app
spec:
  chart:
    spec: { chart: app-template, version: 3.7.3, sourceRef: { kind: HelmRepository, name: charts } }
  values:
    controllers:
      main:
        containers:${above}
          app:
            image: { repository: ghcr.io/example/speech, tag: "1.0" }${container}
    service:
      app:
        controller: main
        ports: { http: { port: 80 } }
`,
});

describe("migrate probes", () => {
  it("leaves a container whose Service has the name of another controller", () => {
    const own = release("");
    const text = own["apps/release.yaml"];
    assert.ok(typeof text === "string");
    const files = (service: string): Files => ({
      ...own,
      "apps/release.yaml": text
        .replace(
          "    service:\n      app:",
          `      store: { containers: { app: { image: { repository: docker.io/example/store, tag: "1" } } } }\n    service:\n      ${service}:`,
        )
        .replace("port: 80 ", "port: 8086 "),
    });
    const result = resultOf(probes, files("store"));
    assert.deepEqual(result.plan.changes, []);
    assert.match(
      messages(result, "left").join("\n"),
      /Container app in controller main .* Its Service store has the name of another controller, so its port may be that one's/,
    );
    assert.match(written(resultOf(probes, files("app")), "apps/release.yaml"), /liveness/);
  });

  const REASONS: Record<string, Files> = {
    "in its probes": release(`
            probes:
              # long files make every check time out${STARTUP}`),
    "between its probes": release(`
            probes:${STARTUP}
                # long files make every check time out`),
    "at the end of a line of its probes": release(`
            probes: # long files make every check time out${STARTUP}`),
    "above its probes": release(`
            # long files make every check time out
            probes:${STARTUP}`),
    "about probes, in a container without any": release(`
            # no probes: long files make every check time out
            env: { THREADS: 4 }`),
    "about health checks, above the container": release(
      "",
      "\n          # no health check: long files make every check time out",
    ),
  };
  for (const comment of ["a restart", "a slow start", "the migration", "what kills it"])
    REASONS[`about ${comment}`] = release(`
            env: { THREADS: 4 } # ${comment}: long files make every check time out`);
  for (const [place, files] of Object.entries(REASONS))
    it(`leaves a container with a comment ${place}, and quotes the comment`, () => {
      const result = resultOf(probes, files);
      assert.deepEqual(result.plan.changes, []);
      assert.match(messages(result, "left").join("\n"), /comments? may say why: # .*long files make every/i);
    });

  for (const probe of ["{ failureThreshold: 60 }", "{ httpGet: null, failureThreshold: 60 }"])
    it(`leaves a container with a probe that has no handler: ${probe}`, () => {
      const result = resultOf(
        probes,
        release(`\n            probes: { startup: { enabled: true, custom: true, spec: ${probe} } }`),
      );
      assert.deepEqual(result.plan.changes, []);
      assert.match(
        messages(result, "left").join("\n"),
        /API server rejects its startup probe without a handler/,
      );
    });

  for (const env of [
    "{ CRON_SCHEDULE: 0 0 * * * }",
    "{ BACKUP_CRON: 0 0 * * * }",
    "{ CRON_EXPRESSION: 0 0 * * * }",
    "[{ name: RUN_ON_STARTUP, value: x }]",
  ])
    it(`leaves a container that runs on a schedule: ${env}`, () => {
      const result = resultOf(probes, release(`\n            env: ${env}`));
      assert.deepEqual(result.plan.changes, []);
      assert.match(messages(result, "left").join("\n"), /looks as if it ran on a schedule, and its port may/);
    });

  for (const command of [
    'command: ["tail", "-f", "/dev/null"]',
    'command: ["sh", "-c"]\n            args: ["prepare && exec sleep infinity"]',
    'command: ["/bin/sh", "-c", "while true; do sleep 3600; done"]',
    'command: ["/usr/sbin/crond", "-f", "-l", "8"]',
    'command: ["bash", "-c", "trap exit TERM; while true; do sleep 1h & wait; done"]',
    'command: ["sh", "-ec", "while :; do\\n  sleep 60\\ndone"]',
    'command: ["sh", "-c", "prepare && exec sleep 86400"]',
    'command: ["tini", "--", "sleep", "365d"]',
    'command: ["/usr/bin/tail", "-n", "0", "-F", "/var/log/all.log"]',
    'command: ["sh", "-c", "exec tail -f /var/log/all.log"]',
    "command: cat",
    'command: ["/pause"]',
    'command: ["/bin/bash"]',
  ])
    it(`leaves a container that only waits: ${command}`, () => {
      const result = resultOf(probes, release(`\n            ${command}`));
      assert.deepEqual(result.plan.changes, []);
      assert.match(
        messages(result, "left").join("\n"),
        /Its command ends in `.+`, so perhaps nothing listens/,
      );
    });

  it("does not take a server for a container that waits", () => {
    for (const command of [
      'command: ["sleepd", "--infinity"]',
      'args: ["sh", "-c", "sleep 5; exec serve"]',
      'args: ["--sleep", "5"]',
      'command: ["sh", "-c", "serve; tail -f all.log | cat"]',
      'command: ["sh", "/start.sh"]',
      "command: concat",
    ])
      assert.equal(resultOf(probes, release(`\n            ${command}`)).plan.changes.length, 1, command);
  });

  it("leaves a container whose probes are where app-template ignores them", () => {
    const path = "apps/release.yaml";
    const text = release("")[path] as string;
    for (const [from, to, place] of [
      ["    service:\n", "    probes: { liveness: { enabled: true } }\n    service:\n", "probes"],
      [
        "      main:\n",
        "      main:\n        probes: { liveness: { enabled: true } }\n",
        "controllers.main.probes",
      ],
    ] as const) {
      const result = resultOf(probes, { ...release(""), [path]: text.replace(from, to) });
      assert.deepEqual(result.plan.changes, []);
      assert.ok(
        messages(result, "left").some((message) =>
          message.includes(`Its values have ${place}, which app-template ignores: move them`),
        ),
      );
    }
  });

  it("lets an app take as long to start as its liveness probe lets it today", () => {
    for (const [spec, attempts] of [
      ["{ periodSeconds: 60, failureThreshold: 60 }", 360],
      ["{ failureThreshold: 45 }", 45],
      ["{ periodSeconds: 200 }", 60],
      ["{}", 30],
    ] as const) {
      const files = release(`
            probes:
              liveness: { enabled: true, type: TCP, spec: ${spec} }`);
      const text = written(resultOf(probes, files), "apps/release.yaml");
      assert.match(text, new RegExp(`startup:[^]*failureThreshold: ${attempts}\\b`));
    }
  });

  it("lets a pod be ready as early as today, and start for as long", () => {
    for (const [readiness, liveness, delay, attempts] of [
      ["{ initialDelaySeconds: 15 }", "{ initialDelaySeconds: 30 }", 15, 32],
      ["{}", "{ initialDelaySeconds: 120, failureThreshold: 6 }", 0, 42],
      ["{ initialDelaySeconds: 60 }", "{ initialDelaySeconds: 20 }", 20, 30],
      [
        "{ initialDelaySeconds: 5 }",
        "{ initialDelaySeconds: 10, periodSeconds: 60, failureThreshold: 10 }",
        5,
        61,
      ],
      ["{ initialDelaySeconds: 5 }", "{ initialDelaySeconds: &wait 10 }", 5, 31],
      ["{ initialDelaySeconds: '${WAIT}' }", "{ initialDelaySeconds: 30 }", 0, 33],
      ["{ initialDelaySeconds: 5 }", "{ timeoutSeconds: 3 }", undefined, 30],
    ] as const) {
      const files = release(`
            probes:
              readiness: { enabled: true, type: TCP, spec: ${readiness} }
              liveness: { enabled: true, type: TCP, spec: ${liveness} }`);
      const text = written(resultOf(probes, files), "apps/release.yaml");
      const startup = text.slice(text.indexOf("startup:"), text.indexOf("    service:"));
      assert.match(startup, new RegExp(`failureThreshold: ${attempts}\\b`), liveness);
      assert.equal(/initialDelaySeconds: (\S+)/.exec(startup)?.[1], delay?.toString(), liveness);
    }
  });

  it("leaves a release whose values come from a ConfigMap, and says where they belong", () => {
    const path = "apps/release.yaml";
    const [head = "", values = ""] = (release("")[path] as string).split("  values:\n");
    const map = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "app" },
      data: { "values.yaml": values.replaceAll(/^ {4}/gm, "") },
    };
    for (const own of ["", "  values:\n    controllers: { main: { replicas: 1 } }\n"]) {
      const text = `${head}  valuesFrom: [{ kind: ConfigMap, name: app }]\n${own}`;
      const result = resultOf(probes, { ...release(""), [path]: text, "apps/values.yaml": map });
      assert.deepEqual(result.plan.changes, []);
      const notes = result.plan.notes.map(({ message }) => message).join();
      assert.match(notes, /where spec\.valuesFrom refers to: add the probes there/i, own);
    }
  });

  it("does not take the port of an ExternalName for that of the container", () => {
    const path = "apps/release.yaml";
    const text = release("")[path] as string;
    const external = text.replace(
      "        controller: main",
      "        controller: main\n        type: ExternalName",
    );
    const result = resultOf(probes, { ...release(""), [path]: external });
    assert.deepEqual(result.plan.changes, []);
    assert.match(messages(result, "left").join(), /its Service is an ExternalName/i);
    const both = `${text}      other:\n        controller: main\n        type: ExternalName\n        ports: { http: { port: 90 } }\n`;
    assert.match(written(resultOf(probes, { ...release(""), [path]: both }), path), /readiness:/);
  });

  const UNINSTALLED = `
  upgrade: { remediation: { retries: 3, strategy: uninstall } }
  values:
    persistence: { data: { accessMode: ReadWriteOnce, size: 1Gi } }`;
  const CHANGES: Readonly<Record<string, readonly [from: string, to: string]>> = {
    "rolls back": ["uninstall", "rollback"],
    "does not wait for the probes": ["{ remediation", "{ disableWait: true, remediation"],
    "retains the claims": ["1Gi }", "1Gi, retain: true }"],
  };
  const uninstalled = ([from, to]: readonly [string, string] = ["", ""], container = ""): Files => {
    const files = release(container);
    const text = (files["apps/release.yaml"] as string).replace("\n  values:", UNINSTALLED.replace(from, to));
    return { ...files, "apps/release.yaml": text };
  };

  it("leaves a release whose claims a wrong probe would delete, because a failed upgrade uninstalls it", () => {
    const result = resultOf(probes, uninstalled());
    assert.deepEqual(result.plan.changes, []);
    assert.match(
      messages(result, "left").join(),
      /uninstalls the release and deletes its claim data: first set/,
    );
  });
  for (const [title, change] of Object.entries(CHANGES))
    it(`adds probes to a release that ${title}`, () => {
      assert.match(written(resultOf(probes, uninstalled(change)), "apps/release.yaml"), /readiness:/);
    });
  it("adds a startup probe like the owner's liveness probe even there", () => {
    const own = `
            probes:
              readiness: { enabled: true, type: TCP }
              liveness: { enabled: true, type: TCP }`;
    assert.match(written(resultOf(probes, uninstalled(["", ""], own)), "apps/release.yaml"), /startup:/);
  });

  it("adds probes where comments are for tools or about something else", () => {
    for (const files of [
      release(`
            probes:
              # yaml-language-server: $schema=https://example.com/probes.json${STARTUP}`),
      release(`
            probes:
              # yamllint disable-line${STARTUP}`),
      release(`
            # half of the cores
            env: { THREADS: 4 }`),
    ])
      assert.match(written(resultOf(probes, files), "apps/release.yaml"), /liveness:/);
  });
});
