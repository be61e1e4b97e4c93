import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A message under construction; fields are numbered as in onnx.proto3. */
export interface Message {
  integer(field: number, value: number): Message;
  float(field: number, value: number): Message;
  text(field: number, value: string): Message;
  bytes(field: number, value: Uint8Array): Message;
  /** Numbers without a tag each. */
  integers(field: number, values: readonly number[]): Message;
  message(field: number, fill: (inner: Message) => void): Message;
}

/** Writes a protocol buffers message. */
export function writeMessage(fill: (message: Message) => void): Uint8Array {
  const writer = new BinaryWriter();
  const message: Message = {
    integer(field, value) {
      writer.tag(field, WireType.Varint).int64(value);
      return message;
    },
    float(field, value) {
      writer.tag(field, WireType.Bit32).float(value);
      return message;
    },
    text(field, value) {
      writer.tag(field, WireType.LengthDelimited).string(value);
      return message;
    },
    bytes(field, value) {
      writer.tag(field, WireType.LengthDelimited).bytes(value);
      return message;
    },
    integers(field, values) {
      writer.tag(field, WireType.LengthDelimited).fork();
      for (const value of values) writer.int64(value);
      writer.join();
      return message;
    },
    message(field, fillInner) {
      writer.tag(field, WireType.LengthDelimited).fork();
      fillInner(message);
      writer.join();
      return message;
    },
  };
  fill(message);
  return writer.finish();
}
