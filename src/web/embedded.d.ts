/** Files of the page at `/ui`, embedded as they are (`with { type: 'file' }`); the import is the path to read them from. */
declare module '*.js' {
  const path: string;
  export default path;
}
declare module '*.css' {
  const path: string;
  export default path;
}
declare module '*.svg' {
  const path: string;
  export default path;
}
