//! One conversion over a whole block, in the widest vectors that the processor has.
//!
//! The program is built for every x86-64, whose common vectors are of 16 octets and lack selection; nearly all
//! processors have AVX2, with which G.711 costs an eighth. Knows nothing of the conversion.

/// Converts each of `from` into `to`; the shorter of the two decides how many. Returns that number.
///
/// *Real time:* no allocation, O(n); `convert` is to be small and without branches, and is inlined.
#[inline]
pub(super) fn convert_each<A: Copy, B>(
    from: &[A],
    to: &mut [B],
    convert: impl Fn(A) -> B + Copy,
) -> usize {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the language has no other way to call what needs AVX2")]
        // SAFETY: the processor has AVX2, as the condition says, and the function needs nothing else.
        return unsafe { with_avx2(from, to, convert) };
    }
    one_by_one(from, to, convert)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<A: Copy, B>(from: &[A], to: &mut [B], convert: impl Fn(A) -> B + Copy) -> usize {
    one_by_one(from, to, convert)
}

#[inline(always)]
fn one_by_one<A: Copy, B>(from: &[A], to: &mut [B], convert: impl Fn(A) -> B) -> usize {
    let count = from.len().min(to.len());
    for (to, &from) in to.iter_mut().zip(from) {
        *to = convert(from);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_and_narrow_vectors_convert_alike_whatever_the_length() {
        let from: Vec<i16> = (0..1_000).map(|n| (n * 7_919 % 65_536 - 32_768) as i16).collect();
        for length in (0..70).chain([999, 1_000]) {
            let (mut wide, mut narrow) = (vec![0; 1_000], vec![0; 1_000]);
            let convert = |sample: i16| (sample >> 3) as u8;
            assert_eq!(convert_each(&from[..length], &mut wide, convert), length);
            assert_eq!(one_by_one(&from[..length], &mut narrow, convert), length);
            assert_eq!(wide, narrow);
        }
    }
}
