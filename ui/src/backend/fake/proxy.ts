/** The proxy of all accounts. Its password is kept nowhere, only that there is one. */
import type { Failure, ProxyChange, ProxySetting } from "../../bindings";

export interface FakeProxy {
  now: () => ProxySetting;
  set: (change: ProxyChange) => ProxySetting;
}

/** With `chosen` one is in force. */
export function proxyOf(chosen: boolean, refuse: (code: string) => Failure): FakeProxy {
  const except = "localhost, 127.0.0.0/8, ::1";
  let known: ProxySetting = {
    proxy: chosen ? { way: "socks5", host: "proxy.studio.example", port: 1080, user: "mara", except } : { way: "system", host: "", port: null, user: "", except },
    has_password: chosen,
    system: "10.0.0.1:3128",
  };
  return {
    now: () => structuredClone(known),
    set: ({ proxy, password }) => {
      if (/[\s/@]/.test(proxy.host)) throw refuse("proxy_invalid");
      if (proxy.except.length > 2000) throw refuse("proxy_except_invalid");
      const { except: _, ...door } = proxy;
      const { except: __, ...before } = known.proxy;
      const same = JSON.stringify(door) === JSON.stringify(before);
      known = { ...known, proxy, has_password: password === null ? same && known.has_password : password !== "" };
      return structuredClone(known);
    },
  };
}
