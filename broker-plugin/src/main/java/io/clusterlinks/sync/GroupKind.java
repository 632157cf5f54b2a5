// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceOffsets;
import java.time.Duration;
import java.util.Set;

/** The kinds of groups whose positions follow the source, each by a task of its own. */
public enum GroupKind {
    /** Classic, new and simple consumer groups: committed offsets. */
    CONSUMER("consumer.offsets", new ConsumerDialect()) {
        @Override
        Set<String> groups(SourceAdmin source, Duration timeout) {
            return source.groups(timeout);
        }

        @Override
        SourceOffsets offsets(SourceAdmin source, Set<String> groups, Duration timeout) {
            return source.committedOffsets(groups, timeout);
        }
    },
    /** Share groups: start offsets. */
    SHARE("share.offsets", new ShareDialect()) {
        @Override
        Set<String> groups(SourceAdmin source, Duration timeout) {
            return source.shareGroups(timeout);
        }

        @Override
        SourceOffsets offsets(SourceAdmin source, Set<String> groups, Duration timeout) {
            return source.shareOffsets(groups, timeout);
        }
    };

    private final String task;
    private final GroupDialect dialect;

    GroupKind(String task, GroupDialect dialect) {
        this.task = task;
        this.dialect = dialect;
    }

    String task() {
        return task;
    }

    GroupDialect dialect() {
        return dialect;
    }

    abstract Set<String> groups(SourceAdmin source, Duration timeout);

    abstract SourceOffsets offsets(SourceAdmin source, Set<String> groups, Duration timeout);
}
