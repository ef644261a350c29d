import type { BinaryReader, BinaryWriter } from "google-protobuf";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { decodeField, encodeField, type StructValue } from "./struct-field.ts";

const { Struct, Value } = structs;
type Struct = structs.Struct;
type Fields = Readonly<Record<string, StructValue>>;

/** The encoded fields of the messages that {@link useLinearStructs} creates. */
const encoded = new WeakMap<Struct, Uint8Array[]>();

/**
 * Makes the Pulumi SDK encode and decode resources in time proportional to their size. Its library, google-protobuf, visits everything below a value once more for
 * each level above it, and the SDK prints each response into a debug message for the engine. The Gateway API's CRDs make both expensive (tools/bench/results.md).
 * A message that was created in this way holds its encoded fields, and nothing that google-protobuf's other functions read until `getFieldsMap` is called.
 */
export function useLinearStructs(): void {
  const published = { class: Object.assign({}, Struct), message: Object.assign({}, Struct.prototype) };

  Struct.fromJavaScript = (value) => {
    const struct = new Struct();
    encoded.set(
      struct,
      Object.entries(value as Fields).map(([key, field]) => encodeField(key, field)),
    );
    return struct;
  };
  Struct.deserializeBinaryFromReader = (struct: Struct, reader: BinaryReader) => {
    const fields: Uint8Array[] = [];
    while (reader.nextField()) {
      if (reader.getFieldNumber() === 1) fields.push(reader.readBytes());
      else reader.skipField();
    }
    encoded.set(struct, fields);
    return struct;
  };
  Struct.serializeBinaryToWriter = (struct: Struct, writer: BinaryWriter) => {
    const fields = encoded.get(struct);
    if (fields === undefined) published.class.serializeBinaryToWriter(struct, writer);
    else for (const field of fields) writer.writeBytes(1, field);
  };
  Struct.prototype.toJavaScript = function (this: Struct) {
    const fields = encoded.get(this);
    return fields === undefined ? published.message.toJavaScript.call(this) : decoded(fields);
  };
  Struct.prototype.getFieldsMap = function (this: Struct) {
    const map = published.message.getFieldsMap.call(this);
    const fields = encoded.get(this);
    if (fields === undefined) return map;
    encoded.delete(this);
    for (const [key, value] of Object.entries(decoded(fields)))
      map.set(key, Value.fromJavaScript(value as structs.JavaScriptValue));
    return map;
  };
}

function decoded(fields: readonly Uint8Array[]): Fields {
  return Object.fromEntries(fields.map(decodeField));
}
