"""Reports as mail systems write them, about a letter with a given Message-ID; shapes after Postfix 3.8, Exchange Online,
NetEase Coremail, Tencent and Exim, addresses and hosts made up."""

import base64

ID = "<3f0f5a4e-6c0e-4a8e-9d0b-0c1d2e3f4a5b@doorstep.example.cn>"

POSTFIX = """\
Return-Path: <>
Date: Fri, 20 Nov 2026 10:00:07 +0800 (CST)
From: MAILER-DAEMON@mx.doorstep.example.cn (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: doorstep@example.cn
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4XyZ1.1732068007/mx.doorstep.example.cn"
Message-Id: <20261120020007.4A1B2C3D4E@mx.doorstep.example.cn>

This is a MIME-encapsulated message.

--4XyZ1.1732068007/mx.doorstep.example.cn
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.doorstep.example.cn.

<li@bank.example.cn>: host mx.bank.example.cn[192.0.2.9] said: 550 5.1.1
    <li@bank.example.cn>: Recipient address rejected (in reply to RCPT TO command)

--4XyZ1.1732068007/mx.doorstep.example.cn
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.doorstep.example.cn
Original-Envelope-Id: {bare}
X-Postfix-Queue-ID: 4A1B2C3D4E
X-Postfix-Sender: rfc822; doorstep@example.cn
Arrival-Date: Fri, 20 Nov 2026 10:00:05 +0800 (CST)

Final-Recipient: rfc822; li@bank.example.cn
Original-Recipient: rfc822;li@bank.example.cn
Action: {action}
Status: {status}
Remote-MTA: dns; mx.bank.example.cn
Diagnostic-Code: smtp; 550 5.1.1 <li@bank.example.cn>: Recipient address
    rejected: User unknown

--4XyZ1.1732068007/mx.doorstep.example.cn
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: Doorstep <doorstep@example.cn>
Message-ID: {id}

--4XyZ1.1732068007/mx.doorstep.example.cn--
"""

EXCHANGE = """\
From: <postmaster@bank.example.cn>
To: <doorstep@example.cn>
Date: Fri, 20 Nov 2026 02:00:08 +0000
Content-Type: multipart/report; report-type=delivery-status;
	boundary="6f1c0e5d-0000-4d57-9c6b-bankexamplecn"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: zh-CN
Message-ID: <0a1b2c3d-ndr@HK0PR01MB0000.apcprd01.prod.exchangelabs.com>
In-Reply-To: {id}
References: {id}
Subject: =?gb2312?B?zrS0q8vNOiDM4dDR?=
Auto-Submitted: auto-replied
MIME-Version: 1.0

--6f1c0e5d-0000-4d57-9c6b-bankexamplecn
Content-Type: multipart/alternative; differences=Content-Type;
	boundary="alt-6f1c0e5d"

--alt-6f1c0e5d
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

=E6=82=A8=E5=8F=91=E9=80=81=E7=BB=99 li@bank.example.cn =E7=9A=84=E9=82=AE=
=E4=BB=B6=E6=9C=AA=E8=83=BD=E9=80=81=E8=BE=BE=E3=80=82

--alt-6f1c0e5d--

--6f1c0e5d-0000-4d57-9c6b-bankexamplecn
Content-Type: message/delivery-status

Reporting-MTA: dns;HK0PR01MB0000.apcprd01.prod.exchangelabs.com
Received-From-MTA: dns;mx.doorstep.example.cn
Arrival-Date: Fri, 20 Nov 2026 02:00:06 +0000

Final-Recipient: rfc822;li@bank.example.cn
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient li@bank.example.cn not found by SMTP address lookup
X-Display-Name: Li

--6f1c0e5d-0000-4d57-9c6b-bankexamplecn
Content-Type: message/rfc822

Received: from mx.doorstep.example.cn (192.0.2.1)
From: Doorstep <doorstep@example.cn>
To: <li@bank.example.cn>
Subject: =?utf-8?b?5o+Q6YaS?=
Message-ID: {id}
Content-Type: text/plain

body

--6f1c0e5d-0000-4d57-9c6b-bankexamplecn--
"""

# the machine's part in quoted-printable, broken in the middle of a line, and Chinese in it
NETEASE = """\
From: Postmaster@163.com
To: doorstep@example.cn
Subject: =?GBK?B?z7XNs83L0MU=?=
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="----=_Part_163"

------=_Part_163
Content-Type: text/html; charset=GBK
Content-Transfer-Encoding: base64

{html}
------=_Part_163
Content-Type: message/delivery-status; charset=GBK
Content-Transfer-Encoding: quoted-printable

Reporting-MTA: dns; 163.com

Final-Recipient: RFC822;=20
 li@163.com
Action: Failed
Status: 5.0=
.0 (permanent failure)
Diagnostic-Code: smtp; 550 User not found: li@163.com =D3=C3=BB=A7=B2=BB=
=B4=E6=D4=DA

------=_Part_163
Content-Type: text/rfc822-headers

From: Doorstep <doorstep@example.cn>
Message-ID:
 {id}

------=_Part_163--
"""

# no part for machines at all: a page for people, in Chinese
TENCENT = """\
From: "=?gb18030?B?UVHTys/kudzA7dSx?=" <PostMaster@qq.com>
To: doorstep@example.cn
Subject: =?gb18030?B?z7XNs83L0MUvU3lzdGVtcyBib3VuY2U=?=
In-Reply-To: {id}
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="----=_NextPart_QQ"

------=_NextPart_QQ
Content-Type: text/html; charset="gb18030"
Content-Transfer-Encoding: base64

{html}
------=_NextPart_QQ--
"""

EXIM_IN_WORDS = """\
From: Mail Delivery System <Mailer-Daemon@mx.county.example.cn>
X-Failed-Recipients: li@county.example.cn
Auto-Submitted: auto-replied
To: doorstep@example.cn
References: {id}
Subject: Mail delivery failed: returning message to sender
Content-Type: text/plain

A message that you sent could not be delivered.

  li@county.example.cn
    SMTP error from remote mail server after RCPT TO:<li@county.example.cn>:
    550 5.2.2 mailbox is full
"""

ABSENCE = """\
From: Li <li@bank.example.cn>
To: doorstep@example.cn
In-Reply-To: {id}
Auto-Submitted: auto-replied
Subject: Out of office
Content-Type: text/plain

Back on Monday. Call extension 550 for help.
"""


def written(
    shape: str, *, message_id: str = ID, action: str = "failed", status: str = "5.1.1", html: str = ""
) -> bytes:
    page = html or "<p>您的邮件被退回。原因:550 Mailbox not found</p>"
    text = shape.format(
        id=message_id, bare=message_id.strip("<>"), action=action, status=status,
        html=base64.b64encode(page.encode("gb18030")).decode(),
    )  # fmt: skip
    return text.encode()
