//! Emails and text messages of Clerk's to users. They contain one-time codes and links to sign in.

use std::fmt;

use super::{JsonObject, resource::resource};

resource! {
    /// An email to a user. Its `Debug` leaves out subject and content, which can contain one-time codes and links to
    /// sign in.
    #[derive(Clone)]
    Email {
        required {
            /// The ID: `ema_…`.
            id: String,
        }
        members {
            /// The template: `verification_code`, `magic_link_sign_in`, …
            slug: Option<String>,
            /// The local part of the sender's address: `notifications`.
            from_email_name: String,
            /// The local part of the address for replies.
            reply_to_email_name: Option<String>,
            /// The recipient's address.
            to_email_address: Option<String>,
            /// The ID of the recipient's address: `idn_…`.
            email_address_id: Option<String>,
            /// The recipient: `user_…`.
            user_id: Option<String>,
            /// The subject.
            subject: Option<String>,
            /// The content as HTML.
            body: Option<String>,
            /// The content as text.
            body_plain: Option<String>,
            /// The status: `queued`, …
            status: String,
            /// The values that the template was filled with, such as `otp_code`.
            data: JsonObject,
            /// `false` if your application has to send the email.
            delivered_by_clerk: bool,
        }
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email")
            .field("id", &self.id)
            .field("slug", &self.slug)
            .field("user_id", &self.user_id)
            .field("status", &self.status)
            .field("delivered_by_clerk", &self.delivered_by_clerk)
            .finish_non_exhaustive()
    }
}

resource! {
    /// A text message to a user. Its `Debug` leaves out the content, which can contain one-time codes.
    #[derive(Clone)]
    SmsMessage {
        required {
            /// The ID: `sms_…`.
            id: String,
        }
        members {
            /// The template: `verification_code`, …
            slug: Option<String>,
            /// The sender's number.
            from_phone_number: String,
            /// The recipient's number.
            to_phone_number: String,
            /// The ID of the recipient's number: `idn_…`.
            phone_number_id: Option<String>,
            /// The recipient: `user_…`.
            user_id: Option<String>,
            /// The content.
            message: String,
            /// The status: `queued`, …
            status: String,
            /// The values that the template was filled with, such as `otp_code`.
            data: JsonObject,
            /// `false` if your application has to send the message.
            delivered_by_clerk: bool,
        }
        times {
            /// When it was created.
            #[serde(rename = "created_at_ms")]
            #[doc(alias = "created_at_ms")]
            created_at,
        }
    }
}

impl fmt::Debug for SmsMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsMessage")
            .field("id", &self.id)
            .field("slug", &self.slug)
            .field("user_id", &self.user_id)
            .field("status", &self.status)
            .field("delivered_by_clerk", &self.delivered_by_clerk)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_codes_do_not_print() {
        let email: Email = serde_json::from_str(
            r#"{"id":"ema_1","subject":"424242 is your code","body":"<b>424242</b>","body_plain":"424242",
                "data":{"otp_code":"424242"},"slug":"verification_code","new":"424242"}"#,
        )
        .unwrap();
        let sms: SmsMessage =
            serde_json::from_str(r#"{"id":"sms_1","message":"424242","data":{"otp_code":"424242"},"new":"424242"}"#)
                .unwrap();
        assert_eq!((&email.data["otp_code"], &sms.data["otp_code"]), (&"424242".into(), &"424242".into()));
        let printed = format!("{email:?} {email:#?} {sms:?} {sms:#?}");
        assert!(printed.contains("ema_1") && !printed.contains("424242"), "{printed}");
    }
}
