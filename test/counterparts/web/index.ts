export { WebServer } from './http-server.ts';
export type { WebDocument, WebRequest } from './http-server.ts';
export type { HttpFault } from './http-faults.ts';
export { SocketServer } from './socket-server.ts';
export type { SocketFault, SocketServerOptions, SocketVisit } from './socket-server.ts';
