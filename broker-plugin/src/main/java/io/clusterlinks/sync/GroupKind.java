// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceOffsets;
import java.time.Duration;
import java.util.Set;

/** The kinds of groups whose positions follow the source, each by a task of its own. */
public enum GroupKind {
    /** Classic, new and simple consumer groups: committed offsets. */
    CONSUMER("consumer.offsets", new ConsumerDialect(), true) {
        @Override
        Set<String> groups(SourceAdmin source, Duration timeout) {
            return source.groups(timeout);
        }

        @Override
        SourceOffsets offsets(SourceAdmin source, Set<String> groups, boolean settled, Duration timeout) {
            return source.committedOffsets(groups, settled, timeout);
        }
    },
    /** Share groups: start offsets. */
    SHARE("share.offsets", new ShareDialect(), false) {
        @Override
        Set<String> groups(SourceAdmin source, Duration timeout) {
            return source.shareGroups(timeout);
        }

        @Override
        SourceOffsets offsets(SourceAdmin source, Set<String> groups, boolean settled, Duration timeout) {
            return source.shareOffsets(groups, timeout);
        }
    };

    private final String task;
    private final GroupDialect dialect;
    private final boolean offsetsInGroupLog;

    GroupKind(String task, GroupDialect dialect, boolean offsetsInGroupLog) {
        this.task = task;
        this.dialect = dialect;
        this.offsetsInGroupLog = offsetsInGroupLog;
    }

    /** Whether a group's positions are kept where the group itself is, so that a change of either moves that log. */
    boolean keepsOffsetsInGroupLog() {
        return offsetsInGroupLog;
    }

    String task() {
        return task;
    }

    GroupDialect dialect() {
        return dialect;
    }

    abstract Set<String> groups(SourceAdmin source, Duration timeout);

    /** Positions of groups at the source, as {@link SourceAdmin#committedOffsets}. */
    abstract SourceOffsets offsets(SourceAdmin source, Set<String> groups, boolean settled, Duration timeout);
}
