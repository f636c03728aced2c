const patienceMs = 20_000;

/** The first value other than undefined that `find` gives, asked again and again. */
export async function eventually<Value>(find: () => Value | undefined): Promise<Value> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; ) {
    const value = find();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("waited in vain");
}
