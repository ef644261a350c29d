/** The first question of a DNS query. */
export interface Question {
  /** In lower case, without the trailing dot. */
  readonly name: string;
  readonly type: number;
  /** The bytes of the question section. */
  readonly bytes: Buffer;
}

/** The record type of IPv4 addresses. */
export const TYPE_A = 1;
const HEADER = 12;
const TTL_SECONDS = 5;
const NAME_ERROR = 3;

/** The first question of a query (RFC 1035, section 4); undefined if the message is not a query. */
export function readQuestion(query: Buffer): Question | undefined {
  if (query.length < HEADER || query.readUInt16BE(4) < 1) return undefined;
  const labels: string[] = [];
  let offset = HEADER;
  for (;;) {
    const length = query[offset];
    if (length === undefined || length > 63 || offset + length + 5 > query.length) return undefined;
    offset += 1;
    if (length === 0) break;
    labels.push(query.toString("latin1", offset, offset + length));
    offset += length;
  }
  return {
    name: labels.join(".").toLowerCase(),
    type: query.readUInt16BE(offset),
    bytes: query.subarray(HEADER, offset + 4),
  };
}

/** The authoritative response to a query: the given addresses, or "no such name" if `addresses` is undefined. */
export function answer(query: Buffer, question: Question, addresses: readonly string[] | undefined): Buffer {
  const header = Buffer.alloc(HEADER);
  query.copy(header, 0, 0, 2);
  // Flags: response, authoritative, recursion available; "recursion desired" is copied from the query.
  header.writeUInt16BE(
    0x8480 | (query.readUInt16BE(2) & 0x0100) | (addresses === undefined ? NAME_ERROR : 0),
    2,
  );
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses?.length ?? 0, 6);
  return Buffer.concat([header, question.bytes, ...(addresses ?? []).map(addressRecord)]);
}

function addressRecord(address: string): Buffer {
  const record = Buffer.alloc(16);
  // A pointer to the name in the question.
  record.writeUInt16BE(0xc000 | HEADER, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(4, 10);
  address.split(".").forEach((part, index) => record.writeUInt8(Number(part), 12 + index));
  return record;
}
