/**
 * What 0.3 has no field for, in the metadata of a part and back: data that is no object, the media type of what is no file,
 * and its name.
 */
import { isJsonObject, type Json, type JsonObject } from "../../../../task/json/json.ts";
import type { Part } from "../../../../task/part.ts";

const WRAPPED = "a2a.wrapped";
const MEDIA_TYPE = "mediaType";
const FILENAME = "filename";

/** Data as 0.3 takes it, an object always, and the part's metadata with what had to be said of it. */
export function wrapped(data: Json, metadata: JsonObject): { data: JsonObject; metadata: JsonObject } {
  return isJsonObject(data)
    ? { data, metadata }
    : { data: { value: data }, metadata: { ...metadata, [WRAPPED]: true } };
}

/** A data part as it was before it was wrapped. */
export function unwrapped(data: JsonObject, metadata: JsonObject): { data: Json; metadata: JsonObject } {
  const { [WRAPPED]: isWrapped, ...rest } = metadata;
  const { value } = data;
  return isWrapped === true && value !== undefined ? { data: value, metadata: rest } : { data, metadata };
}

/** The metadata of a text or of data, with the name and the type that it has no field for. */
export function metadataOf({ name, mediaType, metadata = {} }: Part): JsonObject {
  return {
    ...metadata,
    ...(mediaType !== undefined && { [MEDIA_TYPE]: mediaType }),
    ...(name !== undefined && { [FILENAME]: name }),
  };
}

/** The same read back. */
export function commonFrom(given: JsonObject): Pick<Part, "name" | "mediaType" | "metadata"> {
  const { [MEDIA_TYPE]: mediaType, [FILENAME]: name, ...rest } = given;
  const hasType = typeof mediaType === "string" && mediaType.length <= 127;
  const hasName = typeof name === "string" && name.length <= 255;
  const metadata = {
    ...rest,
    ...(!hasType && mediaType !== undefined && { [MEDIA_TYPE]: mediaType }),
    ...(!hasName && name !== undefined && { [FILENAME]: name }),
  };
  return {
    ...(hasType && { mediaType }),
    ...(hasName && { name }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}
