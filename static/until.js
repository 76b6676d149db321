// A signal that ends a request after so many milliseconds; `AbortSignal.timeout` is missing in iOS before 16.
export function until(ms) {
  const ender = new AbortController();
  setTimeout(() => ender.abort(), ms);
  return ender.signal;
}
