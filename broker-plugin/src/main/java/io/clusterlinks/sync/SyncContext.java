// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.state.LinkImage;

/** What a run of a task has to go by: the state as it was when the run began, and the way to the source. */
public record SyncContext(LinkImage image, LinkRecord link, LinkConfig config, SourceAdmin source) {}
