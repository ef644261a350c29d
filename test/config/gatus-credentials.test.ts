import assert from "node:assert/strict";
import { parseGatusCredentials } from "../../config/gatus-credentials.ts";

describe("credentials for Gatus", () => {
  it("are headers by URL", () => {
    const text = "https://a.example.com/ basic me:p:w \n\n  https://b.example.com/x bearer t0ken\n";
    assert.deepEqual(
      [...(parseGatusCredentials(text) ?? [])],
      [
        ["https://a.example.com", `Basic ${Buffer.from("me:p:w").toString("base64")}`],
        ["https://b.example.com/x", "Bearer t0ken"],
      ],
    );
    assert.equal(parseGatusCredentials("")?.size, 0);
  });

  it("are refused in another format", () => {
    for (const text of [
      "me:pw",
      "https://a.example.com me:pw",
      "https://a.example.com basic me",
      "https://a.example.com bearer",
      "https://a.example.com bearer tökèn",
      "https://me@a.example.com bearer token",
    ])
      assert.equal(parseGatusCredentials(text), undefined, text);
  });
});
