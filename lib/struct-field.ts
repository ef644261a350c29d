import protobuf from "protobufjs/minimal.js";

/** What a `google.protobuf.Value` holds. */
export type StructValue =
  null | boolean | number | string | readonly StructValue[] | { readonly [key: string]: StructValue };

/** Tags of the messages in google/protobuf/struct.proto: a field's number, and how its value is written (https://protobuf.dev/programming-guides/encoding). */
const TAG = {
  /** Of a Struct's fields, which are a map, and of a ListValue's elements. */
  element: 0x0a,
  /** Of a map's entry. */
  key: 0x0a,
  value: 0x12,
  /** Of a Value. */
  null: 0x08,
  number: 0x11,
  string: 0x1a,
  boolean: 0x20,
  struct: 0x2a,
  list: 0x32,
} as const;
/** The bits of a tag that say how the value is written. */
const WIRE_TYPE = 0x07;

/**
 * A field of a Struct, as an entry of its map.
 * @throws {TypeError} on a value that a Struct cannot hold, such as undefined
 */
export function encodeField(key: string, value: StructValue): Uint8Array {
  const writer = protobuf.Writer.create();
  writeEntry(writer, key, value);
  return writer.finish();
}

/** What {@link encodeField}, or any other encoder, was given. */
export function decodeField(bytes: Uint8Array): [key: string, value: StructValue] {
  return readEntry(protobuf.Reader.create(bytes), bytes.length);
}

function writeEntry(writer: protobuf.Writer, key: string, value: StructValue): void {
  writer.uint32(TAG.key).string(key);
  writeMessage(writer, TAG.value, () => {
    writeValue(writer, value);
  });
}

function writeValue(writer: protobuf.Writer, value: StructValue): void {
  if (typeof value === "string") writer.uint32(TAG.string).string(value);
  else if (typeof value === "number") writer.uint32(TAG.number).double(value);
  else if (typeof value === "boolean") writer.uint32(TAG.boolean).bool(value);
  else if (value === null) writer.uint32(TAG.null).int32(0);
  else if (typeof value !== "object")
    throw new TypeError(`A Struct cannot hold a value of type ${typeof value}.`);
  else if (Array.isArray(value))
    writeAll(writer, TAG.list, value as readonly StructValue[], (element) => {
      writeValue(writer, element);
    });
  else
    writeAll(writer, TAG.struct, Object.entries(value), ([key, field]) => {
      writeEntry(writer, key, field);
    });
}

function writeAll<T>(
  writer: protobuf.Writer,
  tag: number,
  elements: readonly T[],
  write: (element: T) => void,
): void {
  writeMessage(writer, tag, () => {
    for (const element of elements)
      writeMessage(writer, TAG.element, () => {
        write(element);
      });
  });
}

function writeMessage(writer: protobuf.Writer, tag: number, write: () => void): void {
  writer.uint32(tag).fork();
  write();
  writer.ldelim();
}

function readEntry(reader: protobuf.Reader, end: number): [key: string, value: StructValue] {
  let key = "";
  let value: StructValue = null;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === TAG.key) key = reader.string();
    else if (tag === TAG.value) value = readValue(reader, endOf(reader));
    else reader.skipType(tag & WIRE_TYPE);
  }
  return [key, value];
}

function readValue(reader: protobuf.Reader, end: number): StructValue {
  let value: StructValue = null;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === TAG.string) value = reader.string();
    else if (tag === TAG.number) value = reader.double();
    else if (tag === TAG.boolean) value = reader.bool();
    else if (tag === TAG.struct) value = Object.fromEntries(readAll(reader, readEntry));
    else if (tag === TAG.list) value = readAll(reader, readValue);
    else reader.skipType(tag & WIRE_TYPE);
  }
  return value;
}

function readAll<T>(reader: protobuf.Reader, read: (reader: protobuf.Reader, end: number) => T): T[] {
  const elements: T[] = [];
  for (const end = endOf(reader); reader.pos < end;) {
    const tag = reader.uint32();
    if (tag === TAG.element) elements.push(read(reader, endOf(reader)));
    else reader.skipType(tag & WIRE_TYPE);
  }
  return elements;
}

/** The end of the message whose length comes next. */
function endOf(reader: protobuf.Reader): number {
  const length = reader.uint32();
  return reader.pos + length;
}
