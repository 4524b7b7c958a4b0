// A sentence with its gaps filled in: "{digit} of {n}", {digit: 3, n: 10} → "3 of 10".
export function worded(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
