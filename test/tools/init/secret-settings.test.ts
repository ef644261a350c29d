import assert from "node:assert/strict";
import { isConfigured, secretSettings } from "../../../tools/init/secret-settings.ts";

const SALT = "encryptionsalt: v1:dsN0DLdumI8=:v1:vtl3uRJOqCg0osRC:bA1Umc/1QYOPD\n";
const KMS = "secretsprovider: awskms://alias/edgefirst\nencryptedkey: AQICAHh\n";

describe("edgefirst init: a stack file that already exists", () => {
  it("is free to be written if pulumi stack init has only put its settings for secrets there", () => {
    for (const text of ["", SALT, KMS, "# a comment\n"]) assert.equal(isConfigured(text), false, text);
    for (const text of [
      `config:\n  edgefirst:after: [edge]\n${SALT}`,
      "environment: [lab]\n",
      "mine\n",
      "config: [\n",
    ])
      assert.equal(isConfigured(text), true, text);
  });

  it("keeps these settings, without which the stack's secrets could not be decrypted", () => {
    assert.equal(secretSettings(SALT), SALT);
    assert.equal(secretSettings(`config:\n  edgefirst:cluster: { context: edge }\n${KMS}`), KMS);
    assert.equal(secretSettings("config: {}\n"), "");
    for (const text of ["mine\n", "config: [\n"]) assert.equal(secretSettings(text), "", text);
  });
});
