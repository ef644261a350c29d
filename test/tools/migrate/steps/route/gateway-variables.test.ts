import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { gatewayWith, ingressWith, listener, messages, resultOf, written } from "../../planning.ts";

const DOMAIN = "${SECRET_DOMAIN}";

type Listener = readonly [name: string, hostname?: string, more?: object];

/** The listeners of the route for a host, and the line on those that depend on a variable. */
function attached(host: string, listeners: readonly Listener[]): readonly [readonly string[], string] {
  const doors = gatewayWith(
    { name: "front", namespace: "doors" },
    "doors",
    listeners.map(([name, hostname, more]) => ({
      ...listener(name, "HTTPS", 443),
      ...(hostname === undefined ? {} : { hostname }),
      ...more,
    })),
  );
  const one = ingressWith({ host, ingressClassName: "other", more: { tls: [{ hosts: [host] }] } });
  const result = resultOf(
    route,
    { "apps/objects.yaml": [doors], "apps/web.yaml": one },
    {
      route: {
        gateways: {
          other: {
            ...{ name: "front", namespace: "doors", redirectsToHttps: true },
            httpsListeners: listeners.map(([name]) => name),
          },
        },
      },
    },
  );
  const text = written(result, "apps/web.yaml");
  assert.notEqual(text, "", messages(result, "refused").join());
  return [
    [...text.matchAll(/sectionName: (\S+)/g)].map(([, name]) => name!),
    messages(result, "cutover")
      .filter((line) => line.includes("depends on"))
      .join("\n"),
  ];
}

describe("migrate route: listeners that match a host only for some value of a variable", () => {
  it("are left out if another one surely gets the requests", () => {
    const other: Listener = ["other", "*.example.net"];
    assert.deepEqual(attached(`web.${DOMAIN}`, [other, ["own", `*.${DOMAIN}`]]), [["own"], ""]);
    assert.deepEqual(attached(`web.${DOMAIN}`, [["own", `web.${DOMAIN}`], other]), [["own"], ""]);
    assert.deepEqual(
      attached(`a.b.${DOMAIN}`, [
        ["own", `a.b.${DOMAIN}`],
        ["exact", "a.b.example.net"],
      ]),
      [["own"], ""],
    );
  });

  it("are kept if they may match it more exactly", () => {
    const own: Listener = ["own", `*.${DOMAIN}`];
    for (const [host, other, sure = own] of [
      [`web.${DOMAIN}`, ["other", "web.example.net"]],
      [`web.${DOMAIN}`, ["other", "${OTHER_DOMAIN}"]],
      [`a.b.${DOMAIN}`, ["other", "*.b.example.net"]],
      [`web.${DOMAIN}`, ["other", "*.example.net"], ["own"]],
    ] as readonly (readonly [string, Listener, Listener?])[]) {
      const [names, line] = attached(host, [sure, other]);
      assert.deepEqual(names, ["own", "other"], host);
      assert.match(
        line,
        /^Gateway doors\/front of .*: whether its listeners \(other\) accept the routes of /,
      );
      assert.match(line, /depends on .*\$\{SECRET_DOMAIN\}/);
    }
  });

  it("are kept if the other one has another port, or may not admit the route", () => {
    const other: Listener = ["other", "*.example.net"];
    const labelled = { namespaces: { from: "Selector", selector: { matchLabels: { door: "open" } } } };
    const [names] = attached(`web.${DOMAIN}`, [["own", `*.${DOMAIN}`, { allowedRoutes: labelled }], other]);
    assert.deepEqual(names, ["own", "other"]);
    const [both] = attached(`web.${DOMAIN}`, [
      ["own", `*.${DOMAIN}`],
      ["other", "*.example.net", { port: 8443 }],
    ]);
    assert.deepEqual(both, ["own", "other"]);
  });

  it("are kept, and on the cutover list, if no listener surely matches", () => {
    const [names, line] = attached("web.example.com", [
      ["apex", DOMAIN],
      ["own", `*.${DOMAIN}`],
    ]);
    assert.deepEqual(names, ["apex", "own"]);
    assert.match(
      line,
      /its listeners \(apex, own\) accept the routes of web\.example\.com depends on \$\{SECRET_DOMAIN\}, .*NoMatchingListenerHostname/,
    );
  });
});
