//! What strangers and broken carriers send: each ends clearly or is put right, and harms no other call.

use callwright_calls::leg::Gone;
use futures_util::SinkExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;

use crate::call_end::{Lived, Plays};
use crate::carrier::{Caller, Came, Server};

/// A good call goes on beside a bad one that does `bad`.
async fn beside(server: &mut Server, bad: impl AsyncFnOnce(&mut Server, Caller)) {
    let mut good = server.call(Plays::Echo).await;
    good.is_served().await;
    let caller = server.call(Plays::Echo).await;
    bad(server, caller).await;
    good.is_served().await;
    good.say(crate::carrier::STOP).await;
    loop {
        match server.lived().await {
            Lived::Over { gone: Gone::HungUp, .. } => break,
            other => assert!(matches!(other, Lived::Over { gone: Gone::Lost, .. }), "{other:?}"),
        }
    }
}

#[tokio::test]
async fn bad_messages_are_forgiven_a_few_times() {
    let mut server = Server::start().await;
    beside(&mut server, async |_server, mut caller: Caller| {
        for bad in ["{", "", "null", r#"{"event":"media","streamSid":"MZ1","media":{}}"#] {
            caller.say(bad).await;
        }
        let spoiled = caller.media(&[5; 160]).replace("BQUF", "B*UF");
        caller.say(&spoiled).await;
        caller.socket.send(Message::binary(vec![0; 160])).await.unwrap();
        let other = caller.media(&[6; 160]).replace("MZ1", "MZ2");
        caller.say(&other).await;
        // Chunks 1 and 2 were the two that could not be used; silence stands in for the time that they took.
        for octet in 1..=4 {
            caller.say_media(&[octet; 160]).await;
        }
        let heard = caller.hears(320 + 640).await;
        assert_eq!(
            heard,
            [[0xFF; 160], [0xFF; 160], [1; 160], [2; 160], [3; 160], [4; 160]].concat()
        );
    })
    .await;
}

#[tokio::test]
async fn nothing_but_bad_messages_ends_the_stream() {
    let mut server = Server::start().await;
    beside(&mut server, async |server, mut caller: Caller| {
        for _ in 0..10 {
            caller.say("nonsense").await;
        }
        assert_eq!(caller.comes().await, Came::Close(1_008));
        assert_eq!(server.lived().await, Lived::Over { gone: Gone::Lost, heard: Vec::new() });
    })
    .await;
}

#[tokio::test]
async fn a_message_of_a_megabyte_is_refused_at_its_first_octets() {
    let mut server = Server::start().await;
    beside(&mut server, async |server, mut caller: Caller| {
        // RFC 6455 section 5.2: a final text frame, masked, of 1,048,576 octets; its mask; and none of them.
        let head = [0x81, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4];
        caller.socket.get_mut().write_all(&head).await.unwrap();
        assert_eq!(caller.comes().await, Came::Close(1_009));
        assert_eq!(server.lived().await, Lived::Over { gone: Gone::Lost, heard: Vec::new() });
    })
    .await;
}

#[tokio::test]
async fn a_megabyte_that_is_really_sent_harms_nobody_either() {
    let mut server = Server::start().await;
    beside(&mut server, async |server, mut caller: Caller| {
        // The socket may be gone before all of it is written.
        let _sent = caller.socket.send(Message::text("x".repeat(1 << 20))).await;
        assert_eq!(server.lived().await, Lived::Over { gone: Gone::Lost, heard: Vec::new() });
    })
    .await;
}

#[tokio::test]
async fn a_megabyte_in_small_fragments_is_refused_too() {
    let mut server = Server::start().await;
    beside(&mut server, async |server, mut caller: Caller| {
        // A text frame that is not final, then continuations, each of 125 octets under a mask of zeros.
        let mut fragment = [b' '; 6 + 125];
        fragment[..6].copy_from_slice(&[0x01, 0x80 | 125, 0, 0, 0, 0]);
        for _ in 0..1 << 13 {
            if caller.socket.get_mut().write_all(&fragment).await.is_err() {
                break;
            }
            fragment[0] = 0x00;
        }
        assert_eq!(server.lived().await, Lived::Over { gone: Gone::Lost, heard: Vec::new() });
    })
    .await;
}

#[tokio::test]
async fn a_socket_cut_in_the_middle_of_a_message_is_a_lost_line() {
    let mut server = Server::start().await;
    beside(&mut server, async |server, mut caller: Caller| {
        caller.is_served().await;
        let half = [0x81, 0xFE, 0x01, 0x40, 1, 2, 3, 4, b'{', b'"'];
        caller.socket.get_mut().write_all(&half).await.unwrap();
        drop(caller);
        let Lived::Over { gone, heard } = server.lived().await else { panic!("not over") };
        assert_eq!((gone, heard.len()), (Gone::Lost, 160));
    })
    .await;
}

#[tokio::test]
async fn frames_that_break_the_websocket_protocol_end_the_stream() {
    // An unmasked frame; a reserved opcode; text that is not UTF-8.
    for (bytes, code) in [
        (vec![0x81, 0x02, b'{', b'}'], 1_002),
        (vec![0x83, 0x80, 0, 0, 0, 0], 1_002),
        (vec![0x81, 0x81, 0, 0, 0, 0, 0xFF], 1_007),
    ] {
        let mut server = Server::start().await;
        beside(&mut server, async |server, mut caller: Caller| {
            caller.socket.get_mut().write_all(&bytes).await.unwrap();
            assert_eq!(caller.comes().await, Came::Close(code));
            assert_eq!(server.lived().await, Lived::Over { gone: Gone::Lost, heard: Vec::new() });
        })
        .await;
    }
}

#[tokio::test]
async fn a_second_start_does_not_make_a_second_call() {
    let mut server = Server::start().await;
    beside(&mut server, async |_server, mut caller: Caller| {
        caller.say(&crate::carrier::start("CA2")).await;
        caller.say(&crate::carrier::start("CA1")).await;
        caller.is_served().await;
    })
    .await;
}

#[tokio::test]
async fn chunks_out_of_order_and_twice_are_put_right() {
    let mut server = Server::start().await;
    let mut caller = server.call(Plays::Echo).await;
    let chunks: Vec<String> = (1..=6).map(|octet| caller.media(&[octet; 160])).collect();
    for place in [0, 2, 1, 1, 3, 5, 4, 0] {
        caller.say(&chunks[place]).await;
    }
    let expected: Vec<u8> = (1..=6).flat_map(|octet| [octet; 160]).collect();
    assert_eq!(caller.hears(960).await, expected);
    caller.is_served().await;
}
