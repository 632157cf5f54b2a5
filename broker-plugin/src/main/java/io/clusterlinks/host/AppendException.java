// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

/** An append to a local replica failed; nothing of it is in the log unless the kind says so. */
public class AppendException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What a caller can do about it. */
    public enum Kind {
        /** This broker no longer leads the partition, or leads it under another epoch: let go of it. */
        NOT_LEADER,
        /** The batches do not begin at the log end: fetch again from the log end. */
        UNEXPECTED_OFFSET,
        /** A batch fails its CRC or is malformed: fetch again. */
        CORRUPT,
        /** A batch is larger than a segment of the log may be: try again when `segment.bytes` has been raised. */
        TOO_LARGE,
        /** Not enough in-sync replicas to begin with: try again. */
        TOO_FEW_REPLICAS,
        /** It is in the log, but was not replicated in time: what becomes of it is open. */
        NOT_REPLICATED,
        /** Something else is being done with the log: try again. */
        BUSY,
        /** The log directory failed; the broker moves leadership away. */
        STORAGE,
        /** Anything else, such as a producer epoch that goes backwards. */
        INVALID
    }

    private final Kind kind;

    public AppendException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
