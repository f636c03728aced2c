/**
 * Empties a got stream that has ended, so that its request can be collected with the young objects. The constructor of
 * Node's writable streams assigns a closure to a property, and V8 allocates such closures in the old generation: until
 * the next full collection this one keeps the stream alive and, through it, got's options, the request, and the
 * response. (docs/performance.md)
 */
export function emptyStream(stream: object): void {
  for (const key of Object.keys(stream)) Reflect.set(stream, key, undefined);
}
