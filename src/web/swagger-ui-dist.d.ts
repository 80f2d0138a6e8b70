/** Files that are embedded as they are (`with { type: 'file' }`); the import is the path to read them from. */
declare module 'swagger-ui-dist/swagger-ui-bundle.js' {
  const path: string;
  export default path;
}
declare module 'swagger-ui-dist/*.css' {
  const path: string;
  export default path;
}
declare module 'swagger-ui-dist/*.png' {
  const path: string;
  export default path;
}
