import { type IncomingMessage } from "node:http";
import { request, type RequestOptions } from "node:https";

/**
 * Sends a request with a JSON body, if any, and resolves to the answer's head; its body is still to be read.
 * @throws the socket's error, or the reason of `options.signal`
 */
export function sendJson(url: string, options: RequestOptions, body?: unknown): Promise<IncomingMessage> {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    "content-type": "application/json",
    ...(options.headers as Readonly<Record<string, string>> | undefined),
    // Node sends the body of a DELETE without a length of its own accord, and the server then takes it for the next request.
    ...(content !== undefined && { "content-length": String(Buffer.byteLength(content)) }),
  };
  return new Promise((resolve, reject) => {
    request(url, { ...options, headers }, resolve)
      .on("error", reject)
      .end(content);
  });
}

/** The whole body of an answer: parsed where it is JSON, else its text. */
export async function readBody(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
