import assert from "node:assert/strict";
import { mayOverlap } from "../../policy/objects/host-overlap.ts";

const MATCHING: readonly (readonly [string, string])[] = [
  ["web.example.com", "web.example.com"],
  ["*.example.com", "web.example.com"],
  ["*.example.com", "a.b.example.com"],
  ["*.example.com", "*.b.example.com"],
  ["web.${DOMAIN}", "*.${DOMAIN}"],
  ["web.${DOMAIN}", "web.${DOMAIN}"],
  ["web.example.com", "${DOMAIN}"],
  ["web.${A}", "${B}"],
  ["web.${A}", "web.${B}"],
  ["${NAME}.example.com", "*.example.com"],
  // The variable may be a wildcard.
  ["${NAME}.example.com", "${NAME}.b.example.com"],
  ["web.${A}.example.com", "web.example.example.com"],
  ["{{ .Release.Name }}.example.com", "web.example.com"],
  ["{{ .Values.a }}.example.com", "x.{{ .Values.a }}.example.com"],
];

const DIFFERENT: readonly (readonly [string, string])[] = [
  ["web.example.com", "example.com"],
  ["*.example.com", "example.com"],
  ["*.example.com", "webexample.com"],
  ["*.a.example.com", "*.b.example.com"],
  ["web.${DOMAIN}", "${DOMAIN}"],
  ["web.${DOMAIN}", "hook.${DOMAIN}"],
  ["web.${DOMAIN}", "example.com"],
  ["draw.example.com", "hook.${DOMAIN}"],
  ["web.${DOMAIN}", "*.in.${DOMAIN}"],
  ["*.${DOMAIN}", "${DOMAIN}"],
  ["${NAME}.in.${DOMAIN}", "web.example.com"],
  ["${NAME}.example.com", "*.example.org"],
];

describe("two hostnames", () => {
  for (const [one, other] of MATCHING)
    it(`may match the same host: ${one} and ${other}`, () => {
      assert.ok(mayOverlap(one, other));
      assert.ok(mayOverlap(other, one));
    });

  for (const [one, other] of DIFFERENT)
    it(`never match the same host: ${one} and ${other}`, () => {
      assert.ok(!mayOverlap(one, other));
      assert.ok(!mayOverlap(other, one));
    });
});
