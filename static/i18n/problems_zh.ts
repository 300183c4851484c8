/** Refusals in Chinese; see `problems_en.ts`. */
import type { Format } from "./format.ts";
import type { ProblemFacts, ProblemTexts } from "./problems_en.ts";

const again = ({ retryAt }: ProblemFacts, format: Format) =>
  retryAt === null ? "请稍后再试。" : `${format.clock(retryAt)} 后可以继续。`;

export const chineseProblems: ProblemTexts = {
  "network": () => "无法连接服务器。已送达的内容都是安全的。",
  "stalled": () => "连接太慢或已中断。已送达的内容都是安全的。",
  "unexpected-answer": () => "您与服务器之间有别的设备代为应答。请重试，或联系网络管理员。",
  "source-changed": () => "文件在发送过程中被修改了，请重新发送。",
  "source-unreadable": () => "文件已无法读取：它被移动、修改或删除了。请重新选择。",
  "content-differs": () => "这不是之前发送的那个文件：内容不一致。",
  "unauthenticated": () => "您还没有登录。",
  "token-invalid": () => "此登录链接无效，请索取新的链接。",
  "token-expired": () => "此登录链接已过期，请索取新的链接。",
  "cross-site": () => "浏览器报告此请求来自其他网站。请直接用本页的地址打开。",
  "forbidden": () => "您没有权限执行此操作。",
  "not-found": () => "它已不存在，或属于其他人。",
  "file-too-large": (facts, format) => {
    const max = facts.number("maxBytes");
    if (max === null) return "文件太大。";
    return facts.kind === null
      ? `文件太大：最大允许 ${format.bytes(max)}。`
      : `文件太大：“${facts.kind}”最大允许 ${format.bytes(max)}。`;
  },
  "type-not-allowed": (facts) => {
    const allowed = facts.list("allowedExtensions");
    if (allowed === null) return "这里不接受此类型的文件。";
    return `“${facts.kind}”只接受 ${allowed.join(" ")}。请在上方选择其他类别，或换一个文件。`;
  },
  "invalid-file-name": () => "服务器不接受这个文件名，请改成更简单的名称。",
  "unknown-business-type": () => "此类别已不存在。请选择其他类别后重试。",
  "over-daily-limit": () => "此文件超过了您一整天可发送的总量。",
  "daily-limit": (facts, format) => `您今天可发送的总量已用完。${again(facts, format)}`,
  "too-many-uploads": (facts, format) => `同时进行的上传太多。${again(facts, format)}`,
  "upload-rate": (facts, format) => `一分钟内开始的上传太多。${again(facts, format)}`,
  "disk-full": () => "服务器的存储空间已满。已送达的内容都是安全的，请通知服务器管理员。",
  "storage-unavailable": () => "服务器的存储没有响应。已送达的内容都是安全的。",
  "busy": () => "服务器非常繁忙。",
  "stopping": () => "服务器正在重新启动。",
  "upload-expired": () => "此上传搁置太久，已送达的部分已被清除。请重新发送文件。",
  "upload-cancelled": () => "此上传已在别处取消。请重新发送文件。",
  "upload-failed": () => "送达的内容与声明的文件不符，请重新发送。",
  "digest-mismatch": () => "内容在传输途中损坏，请重新发送。",
  "sessions-disabled": () => "此服务器不接受分段上传，因此本页无法发送文件。",
  "attachment-state": () => "此文件在回收站中，请先还原。",
  "blob-missing": () => "服务器丢失了此文件的数据，请通知服务器管理员。",
  "issuer-unavailable": () => "登录服务没有响应，请稍后再试。",
  "internal": () => "服务器出现了问题。",
};
