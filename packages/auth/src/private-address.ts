import { BlockList, isIP } from 'node:net';

/** Addresses that are not of the public internet. https://www.iana.org/assignments/iana-ipv4-special-registry */
const specialIpv4 = new BlockList();
const specialIpv6 = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  specialIpv4.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  ['::', 128],
  ['::1', 128],
  // Of IPv4 addresses inside IPv6 ones nothing is believed.
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  specialIpv6.addSubnet(net, bits, 'ipv6');
}

/** Says whether an IP address leads, or may lead, into a private network or to this machine. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return specialIpv4.check(address, 'ipv4');
  return family === 0 || specialIpv6.check(address, 'ipv6');
}
