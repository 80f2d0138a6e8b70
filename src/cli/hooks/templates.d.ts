/** The hooks are imported as text, and so are part of the binary. */
declare module '*.sh' {
  const text: string;
  export default text;
}
declare module '*.fish' {
  const text: string;
  export default text;
}
