/** A text for comparing without regard to case. Sigma at the end of a word is the one letter whose small form depends on what follows it. */
export const fold = (text: string): string => text.toLowerCase().replaceAll('ς', 'σ');
