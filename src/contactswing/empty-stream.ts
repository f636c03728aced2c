/** The fields through which a got stream refers to its options, its request, and its response. */
const emptied = {
  options: undefined,
  response: undefined,
  _request: undefined,
  _events: undefined,
  _readableState: undefined,
  _unproxyEvents: undefined,
  _cancelTimeouts: undefined,
};

/**
 * Empties a got stream that has ended, so that its request can be collected with the young objects. The constructor of
 * Node's writable streams assigns a closure to a property, and V8 allocates such closures in the old generation: until
 * the next full collection this one keeps the stream alive, with everything that it refers to. (docs/performance.md)
 */
export function emptyStream(stream: object): void {
  Object.assign(stream, emptied);
}
