import assert from "node:assert/strict";
import { gateway } from "../../config/network.ts";
import { gatewayObjects } from "../../components/gateway/gateway.ts";
import { checkExtraListeners } from "../../platform/extra-listeners.ts";

const configured = (extraListeners: object[], traefik: object) =>
  gateway.parse({ name: "external", namespace: "network", className: "traefik", extraListeners, traefik });
const found = (...args: Parameters<typeof configured>) =>
  checkExtraListeners(configured(...args)).map(({ message }) => message);

const DB = { name: "db", port: 5432, protocol: "TCP" };
const SERVED = { entryPoints: [{ name: "db", port: 5432 }], experimentalChannel: true };

describe("platform: extra listeners", () => {
  it("are declared after the others", () => {
    const mail = { name: "mail", port: 465, protocol: "TLS", hostname: "mail.example.com" };
    const declared = gatewayObjects({ ...configured([DB, mail], {}), labels: {} }).find(
      ({ kind }) => kind === "Gateway",
    );
    const allowedRoutes = { namespaces: { from: "All" } };
    assert.deepEqual((declared?.spec as { listeners: object[] }).listeners.slice(1), [
      { ...DB, allowedRoutes },
      {
        name: "mail",
        port: 465,
        protocol: "TLS",
        hostname: "mail.example.com",
        tls: { mode: "Passthrough" },
        allowedRoutes,
      },
    ]);
  });

  it("pass with an entry point and, for TCP, the experimental channel", () => {
    assert.deepEqual(found([DB], SERVED), []);
    assert.deepEqual(found([{ ...DB, protocol: "TLS" }], { ...SERVED, experimentalChannel: false }), []);
    assert.deepEqual(found([DB], { install: false }), []);
    assert.deepEqual(found([], {}), []);
  });

  it("are reported if Traefik would not serve them", () => {
    assert.match(found([DB], { experimentalChannel: true }).join(), /no entry point on port 5432/);
    const udp = { ...SERVED, entryPoints: [{ name: "db", port: 5432, protocol: "UDP" }] };
    assert.match(found([DB], udp).join(), /no entry point on port 5432/);
    assert.match(found([DB], { ...SERVED, experimentalChannel: false }).join(), /does not serve TCPRoutes,/);
    assert.match(found([DB, { ...DB, name: "web" }], SERVED).join(), /two listeners named web/);
    assert.match(found([DB, DB], SERVED).join(), /two listeners named db/);
  });
});
