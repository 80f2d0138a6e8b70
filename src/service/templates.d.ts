/** The service templates are imported as text, and so are part of the binary. */
declare module '*.service' {
  const text: string;
  export default text;
}
declare module '*.plist' {
  const text: string;
  export default text;
}
