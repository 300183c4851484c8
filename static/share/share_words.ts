/** What the dialog for links says; fetched together with it. */
import type { Language } from "../state/preference_values.ts";

export interface ShareWords {
  title: (name: string) => string;
  intro: string;
  validFor: string;
  periods: readonly (readonly [hours: string, label: string])[];
  downloads: string;
  counts: readonly (readonly [uses: string, label: string])[];
  onlyFrom: string;
  onlyFromHint: string;
  make: string;
  ready: string;
  copy: string;
  copied: string;
  qrCode: string;
  another: string;
  active: string;
  none: string;
  until: (time: string) => string;
  left: (uses: number | null) => string;
  from: (address: string) => string;
  states: Record<"exhausted" | "expired" | "revoked", string>;
  revoke: string;
  revokeNamed: (preview: string) => string;
}

const english: ShareWords = {
  title: (name) => `Share “${name}”`,
  intro: "Whoever has the link can download this file, without signing in.",
  validFor: "Works for",
  periods: [["1", "1 hour"], ["24", "1 day"], ["168", "1 week"], ["720", "30 days"]],
  downloads: "Downloads",
  counts: [["1", "Once"], ["5", "5 times"], ["25", "25 times"], ["0", "Any number"]],
  onlyFrom: "Only from this address (optional)",
  onlyFromHint: "An IP address or a block such as 192.0.2.0/24",
  make: "Make a link",
  ready: "The link is shown only now. Copy it, or let a phone read the code.",
  copy: "Copy",
  copied: "Copied",
  qrCode: "The link as a QR code",
  another: "Make another one",
  active: "Links to this file",
  none: "There is none yet.",
  until: (time) => `until ${time}`,
  left: (uses) =>
    uses === null ? "any number of downloads" : uses === 1 ? "1 download left" : `${uses} downloads left`,
  from: (address) => `only from ${address}`,
  states: { exhausted: "used up", expired: "expired", revoked: "revoked" },
  revoke: "Revoke",
  revokeNamed: (preview) => `Revoke the link that begins with ${preview}`,
};

const chinese: ShareWords = {
  title: (name) => `分享“${name}”`,
  intro: "任何拥有此链接的人无需登录即可下载该文件。",
  validFor: "有效期",
  periods: [["1", "1 小时"], ["24", "1 天"], ["168", "1 周"], ["720", "30 天"]],
  downloads: "下载次数",
  counts: [["1", "1 次"], ["5", "5 次"], ["25", "25 次"], ["0", "不限"]],
  onlyFrom: "仅限此地址（可选）",
  onlyFromHint: "IP 地址，或如 192.0.2.0/24 的网段",
  make: "生成链接",
  ready: "链接只显示这一次。请复制，或用手机扫描二维码。",
  copy: "复制",
  copied: "已复制",
  qrCode: "链接的二维码",
  another: "再生成一个",
  active: "此文件的链接",
  none: "还没有链接。",
  until: (time) => `有效至 ${time}`,
  left: (uses) => uses === null ? "不限次数" : `还可下载 ${uses} 次`,
  from: (address) => `仅限 ${address}`,
  states: { exhausted: "已用完", expired: "已过期", revoked: "已撤销" },
  revoke: "撤销",
  revokeNamed: (preview) => `撤销以 ${preview} 开头的链接`,
};

export const SHARE_WORDS: Record<Language, ShareWords> = { en: english, zh: chinese };
