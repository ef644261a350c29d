import assert from "node:assert/strict";
import { mirrored } from "../../../components/shared/images.ts";

it("an image at a mirror keeps its path, tag and digest", () => {
  const image = `docker.io/library/traefik:v3.6.12@sha256:${"1".repeat(64)}`;
  const mirrors = { "docker.io": "mirror.example.com:5000/docker", io: "wrong" };
  assert.equal(mirrored(image, mirrors), image.replace("docker.io", "mirror.example.com:5000/docker"));
  assert.equal(mirrored(image, { "ghcr.io": "mirror.example.com" }), image);
});
