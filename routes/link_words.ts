/** What the page of a link says, in the languages that there are. */
import type { ProblemCode } from "../services/problem.ts";

export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface LinkWords {
  /** Of the document, for `Intl`. */
  locale: string;
  intro: string;
  download: string;
  until: string;
  usesLeft: (uses: number) => string;
  goesOn: string;
  resumes: string;
  checksum: string;
  signIn: string;
  again: string;
  refused: Partial<Record<ProblemCode, readonly [title: string, detail: string]>>;
  /** Anything else. */
  failed: readonly [title: string, detail: string];
  code: string;
}

const EN: LinkWords = {
  locale: "en-GB",
  intro: "A file for you",
  download: "Download",
  until: "The link works until",
  usesLeft: (uses) => uses === 1 ? "for one download" : `for ${uses} downloads`,
  goesOn: "You have begun this download; it can go on.",
  resumes: "A download that breaks off can be resumed and does not count again.",
  checksum: "Checksum (SHA-256)",
  signIn: "Sign in",
  again: "Open it again",
  refused: {
    "not-found": [
      "There is no such link",
      "Check that the address was copied whole, up to its last character.",
    ],
    "link-revoked": ["This link was taken back", "Ask whoever sent it for a new one."],
    "link-expired": ["The time of this link is over", "Ask whoever sent it for a new one."],
    "link-used-up": [
      "This link is used up",
      "It has been used as often as it may be. Ask whoever sent it for a new one.",
    ],
    "link-wrong-user": [
      "This link is for one person",
      "Only the person it was made for can open it. Sign in, then open it again.",
    ],
    "link-wrong-address": [
      "This link works from another network only",
      "Open it from the network it was made for, or ask whoever sent it for a new one.",
    ],
    "link-file-deleted": [
      "The file is in the recycle bin",
      "The link works again once its owner has restored the file.",
    ],
  },
  failed: ["This does not work right now", "Try again in a moment."],
  code: "Code",
};

const ZH: LinkWords = {
  locale: "zh-CN",
  intro: "有一个文件给您",
  download: "下载",
  until: "链接有效期至",
  usesLeft: (uses) => `还可下载 ${uses} 次`,
  goesOn: "您已开始下载，可以继续。",
  resumes: "下载中断后可以续传，不会重复计数。",
  checksum: "校验和（SHA-256）",
  signIn: "登录",
  again: "重新打开",
  refused: {
    "not-found": ["没有这个链接", "请检查地址是否完整，一直到最后一个字符。"],
    "link-revoked": ["此链接已被撤回", "请向发送者索取新的链接。"],
    "link-expired": ["此链接已过期", "请向发送者索取新的链接。"],
    "link-used-up": ["此链接的次数已用完", "请向发送者索取新的链接。"],
    "link-wrong-user": ["此链接仅限一人使用", "只有指定的人才能打开。请先登录，再重新打开。"],
    "link-wrong-address": ["此链接只能在另一个网络中使用", "请在指定的网络中打开，或向发送者索取新的链接。"],
    "link-file-deleted": ["文件在回收站中", "所有者恢复文件后，链接即可继续使用。"],
  },
  failed: ["暂时无法完成", "请稍后再试。"],
  code: "代码",
};

export const WORDS: Readonly<Record<Language, LinkWords>> = { en: EN, zh: ZH };
